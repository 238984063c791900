using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.Core.Artifacts;
using Registry.Core.Content;
using Registry.Core.Documents;
using Registry.Core.Events;
using Registry.Core.Packages;
using Registry.Core.Repositories;
using Registry.Core.Storage;
using Registry.Core.Versions;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Support;

/// <summary>A registry in memory, used by CNR and OCI clients.</summary>
internal sealed class OneRegistry
{
    private readonly PackageServices services;

    /// <param name="releases">Which releases may be replaced; null for none.</param>
    /// <param name="events">Receives the changes.</param>
    /// <param name="faults">The faults of documents and blobs; null for none.</param>
    /// <param name="collection">The options of collections; null for the default.</param>
    /// <param name="replicaOf">The registry whose storage and clock this one shares; null for none.</param>
    public OneRegistry(
        ReleaseOptions? releases = null,
        RegistryEvents? events = null,
        StorageFaults? faults = null,
        CollectionOptions? collection = null,
        OneRegistry? replicaOf = null)
    {
        events ??= Samples.Events;
        faults ??= new StorageFaults();
        Time = replicaOf?.Time ?? new ShiftedTime();
        Storage = replicaOf?.Storage ?? new InMemoryStorage(Time);
        var documents = new FaultyDocumentStore(Storage.Documents, faults);
        var blobs = new FaultyBlobStore(Storage.Blobs, faults);
        Indexes = new PackageIndexes(documents, TimeProvider.System, new UpdateOptions());
        services = new PackageServices(Indexes, blobs, events, Time, collection: collection, releases: releases);
        Blobs = new RepositoryBlobs(
            Indexes,
            blobs,
            Storage.Uploads,
            services.Contents,
            services.Manifests,
            new RepositoryOptions(),
            collection ?? new CollectionOptions(),
            events,
            Time,
            NullLogger<RepositoryBlobs>.Instance);
        Charts = new ChartRepository(
            services.Packages,
            Indexes,
            services.Commits,
            services.Derived,
            services.Contents,
            Storage.Uploads,
            new ContentLimits(),
            new CompletionRequests(),
            events,
            NullLogger<ChartRepository>.Instance);
        Channels = new ChannelRegistry(Indexes, events);
    }

    public ShiftedTime Time { get; }

    public InMemoryStorage Storage { get; }

    public PackageIndexes Indexes { get; }

    public ManifestContents Manifests => services.Manifests;

    public PackageRegistry Packages => services.Packages;

    public RepositoryManifests Repositories => services.Repositories;

    public PackageCommitFactory Commits => services.Commits;

    public RepositoryBlobs Blobs { get; }

    public ChartRepository Charts { get; }

    public ChannelRegistry Channels { get; }

    public static PackageName Name { get; } = Samples.Package("team/app");

    /// <summary>A chart archive. The text makes its bytes unique.</summary>
    public static byte[] Chart(string version, string text = "", string folder = "app/") => Archive(
        ($"{folder}Chart.yaml", $"apiVersion: v2\nname: app\nversion: {version}\ndescription: {text} <a>\n"),
        ($"{folder}values.yaml", text));

    /// <summary>A <c>.tar.gz</c> with these files.</summary>
    public static byte[] Archive(params (string Path, string Text)[] files)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
            foreach (var (path, text) in files)
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, path)
                {
                    ModificationTime = Samples.Start,
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)),
                });
        return packed.ToArray();
    }

    public static Digest Sha256(ReadOnlySpan<byte> bytes) => Digest.FromHash(SHA256.HashData(bytes));

    /// <summary>Pushes a release as CNR clients do.</summary>
    public async Task<Manifest> PushAsync(string release, byte[] content, string type = "helm", bool force = false)
    {
        await using var push = await Packages.BeginPushAsync(Name, Samples.Caller, default);
        await push.WriteAsync(content, default);
        return await push.CompleteAsync(
            Release.Parse(release), Samples.Type(type), new PushOptions(force, null), default);
    }

    /// <summary>Pushes a blob; returns its descriptor in JSON.</summary>
    public async Task<string> BlobAsync(byte[] bytes, string mediaType)
    {
        await using var push = await Blobs.BeginPushAsync(Name, Samples.Caller, default);
        await push.WriteAsync(bytes, default);
        await push.CompleteAsync(Sha256(bytes), default);
        return Descriptor(bytes, mediaType);
    }

    public static string Descriptor(ReadOnlySpan<byte> bytes, string mediaType) =>
        $$"""{"mediaType":"{{mediaType}}","digest":"sha256:{{Sha256(bytes)}}","size":{{bytes.Length}}}""";

    /// <summary>Pushes the blobs of a chart as helm does; returns its manifest.</summary>
    public async Task<byte[]> HelmManifestAsync(byte[] chart, string note = "")
    {
        var config =
            await BlobAsync(Encoding.UTF8.GetBytes($$"""{"name":"app","note":"{{note}}"}"""), OciMediaTypes.HelmConfig);
        var layer = await BlobAsync(chart, OciMediaTypes.HelmChart);
        return Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"config":{{config}},"layers":[{{layer}}]}""");
    }

    /// <summary>Pushes the blobs of an image; returns its manifest.</summary>
    /// <param name="text">Makes its bytes unique.</param>
    /// <param name="subject">The manifest that it refers to; null for none.</param>
    public async Task<byte[]> ImageAsync(string text, Digest? subject = null)
    {
        var config = await BlobAsync("{}"u8.ToArray(), "application/vnd.oci.empty.v1+json");
        var layer = await BlobAsync(Encoding.UTF8.GetBytes(text), "text/plain");
        var reference = subject is { } digest
            ? $$""","subject":{"mediaType":"{{OciMediaTypes.Manifest}}","digest":"sha256:{{digest}}","size":1}"""
            : "";
        return Encoding.UTF8.GetBytes(
            $$"""
            {"schemaVersion":2,"artifactType":"text/plain","config":{{config}},"layers":[{{layer}}]{{reference}}}
            """);
    }

    /// <summary>Stores a provenance file of a chart that was pushed.</summary>
    public Task StoreProvenanceAsync(byte[] chart, string version, string text = "", bool force = false) =>
        Charts.StoreProvenanceAsync(
            Name.Namespace, Provenance(chart, version, text), force, Samples.Caller, default);

    /// <summary>The provenance file of a chart. The text makes its bytes unique.</summary>
    public static byte[] Provenance(byte[] chart, string version, string text = "") => Encoding.UTF8.GetBytes(
        $"""
        -----BEGIN PGP SIGNED MESSAGE-----
        Hash: SHA512

        name: app
        version: {version}

        ...
        files:
          app-{version}.tgz: sha256:{Sha256(chart)}
        -----BEGIN PGP SIGNATURE-----

        wsBcBAEBCgAQBQJd{text}
        -----END PGP SIGNATURE-----
        """);

    /// <summary>Puts a manifest.</summary>
    public async Task<Digest> PutAsync(
        byte[] manifest, string? tag = null, string mediaType = OciMediaTypes.Manifest) =>
        (await Repositories.PutAsync(
            Name,
            manifest,
            mediaType,
            tag is null ? Sha256(manifest) : null,
            tag is null ? [] : [Tag(tag)],
            Samples.Caller,
            default)).Digest;

    public static TagName Tag(string text) =>
        TagName.TryParse(text, out var tag) ? tag : throw new ArgumentException(text);

    /// <summary>Returns the digest that a reference resolves to.</summary>
    public async Task<Digest> DigestAsync(string reference) =>
        (await Repositories.GetAsync(Name, reference, default)).Manifest.Digest;

    /// <summary>Returns the bytes of a manifest, by a tag or a digest.</summary>
    public async Task<byte[]> ReadAsync(string reference) =>
        (await Repositories.ReadAsync(await Repositories.GetAsync(Name, reference, default), default)).ToArray();

    public Task<byte[]> ReadAsync(Digest digest) => ReadAsync($"sha256:{digest}");

    public async Task<string> TagsAsync() =>
        string.Join(' ', (await Repositories.GetPackageAsync(Name, default)).State.Tags);

    /// <summary>Returns the state of the package; null when it does not exist.</summary>
    public async Task<PackageIndex?> IndexAsync() => (await Indexes.FindAsync(Name, default))?.State;
}
