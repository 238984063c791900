using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.Core.Access;
using Registry.Core.Artifacts;
using Registry.Core.Content;
using Registry.Core.Documents;
using Registry.Core.Events;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Tokens;
using Registry.Core.Versions;

namespace Registry.Tests.Support;

/// <summary>Small sample values.</summary>
internal static class Samples
{
    public static DateTimeOffset Start { get; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static PackageName Package(string text = "titi/rocketchat") =>
        PackageName.TryParse(text, out var name) ? name : throw new ArgumentException(text);

    public static MediaType Type(
        string text) => MediaType.TryParse(text, out var type) ? type : throw new ArgumentException(text);

    public static ChannelName Channel(
        string text) => ChannelName.TryParse(text, out var name) ? name : throw new ArgumentException(text);

    public static TokenName TokenName(string text) =>
        Core.Tokens.TokenName.TryParse(text, out var name, out var problem)
            ? name
            : throw new ArgumentException(problem);

    public static ScopeSet Scopes(string text) =>
        ScopeSet.TryParse(text, out var scopes, out var problem) ? scopes : throw new ArgumentException(problem);

    public static Digest Sha256(string text) => Digest.FromHash(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <param name="release">The release.</param>
    /// <param name="type">The media type.</param>
    /// <param name="content">Identifies the content.</param>
    /// <param name="minute">The push time, in minutes after <see cref="Start"/>.</param>
    public static Manifest Manifest(
        string release, string type = "helm", string content = "content", int minute = 0) => new(
        Release.Parse(release),
        new ContentDescriptor(Type(type), Sha256($"{content}, gzipped for {release} {type}"), 100, Sha256(content)),
        Start.AddMinutes(minute),
        null,
        Convert.ToBase64String(RandomNumberGenerator.GetBytes(9)));

    /// <summary>Returns a manifest that a running registry does not complete.</summary>
    public static Manifest Complete(Manifest manifest) => manifest with
    {
        Artifact = new ReleaseArtifact(
            Start,
            new OciManifest(Sha256($"manifest of {manifest.Content.StoredDigest}"), OciMediaTypes.Manifest, 1),
            [],
            Chart: null,
            Unlisted: "It has no content."),
    };

    /// <summary>Returns a package with releases in one media type.</summary>
    public static PackageIndex Index(params string[] releases) => releases.Aggregate(
        (PackageIndex?)null, (index, release) => PackageIndex.With(index, Package(), Manifest(release), force: false))!;

    /// <summary>Returns the index change of a push.</summary>
    public static DocumentChange<PackageIndex> Push(PackageName package, Manifest manifest, bool force = false) => new(
        index => PackageIndex.With(index, package, manifest, force),
        index => index.Find(manifest.Release, manifest.MediaType)?.PushId == manifest.PushId);

    /// <summary>Returns a <c>.tar.gz</c> with one file.</summary>
    public static byte[] TarGz(string content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "chart/Chart.yaml")
            {
                ModificationTime = Start,
                DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)),
            });
        return packed.ToArray();
    }

    /// <summary>The caller of a test.</summary>
    public static Caller Caller { get; } = new(CallerKind.Anonymous, null, "test", "192.0.2.1", "1")
    {
        Scopes = ScopeSet.Everything,
    };

    /// <summary>Events without a sink.</summary>
    public static RegistryEvents Events { get; } =
        new([], TimeProvider.System, NullLogger<RegistryEvents>.Instance);

    /// <summary>The use cases of packages over a storage, with the defaults.</summary>
    public static PackageRegistry Registry(
        PackageIndexes indexes, IBlobStore blobs, CollectionOptions? collection = null, TimeProvider? time = null) =>
        new PackageServices(indexes, blobs, time: time, collection: collection).Packages;

    /// <summary>Pushes a release.</summary>
    public static async Task<Manifest> PushAsync(
        PackageRegistry registry,
        PackageName package,
        string release,
        string content,
        string type = "helm",
        bool force = false,
        CancellationToken cancellationToken = default)
    {
        await using var push = await registry.BeginPushAsync(package, Caller, cancellationToken);
        await push.WriteAsync(TarGz(content), cancellationToken);
        return await push.CompleteAsync(
            Release.Parse(release), Type(type), new PushOptions(force, null), cancellationToken);
    }

    /// <summary>Begins an upload of a package and writes all its bytes.</summary>
    public static async Task<PackageUpload> UploadAsync(IBlobStore blobs, PackageName package, string content)
    {
        var upload = await PackageUpload.BeginAsync(blobs, package.Key, new ContentLimits(), CancellationToken.None);
        await upload.WriteAsync(TarGz(content), CancellationToken.None);
        return upload;
    }
}
