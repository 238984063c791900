using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Registry.Tests.Support.Clients;

/// <summary>
/// Images in the OCI image layout: a folder that skopeo reads as <c>oci:FOLDER:TAG</c>, and in which tests compare what
/// a registry returns.
/// </summary>
internal sealed class ImageLayout
{
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";
    private const string IndexType = "application/vnd.oci.image.index.v1+json";
    private const string ConfigType = "application/vnd.oci.image.config.v1+json";
    private const string LayerType = "application/vnd.oci.image.layer.v1.tar";

    private readonly SortedDictionary<string, byte[]> blobs = new(StringComparer.Ordinal);
    private readonly List<Dictionary<string, object>> tagged = [];

    /// <summary>The blobs, manifests included: digest in hex and length.</summary>
    public IEnumerable<string> Blobs => blobs.Select(static blob => $"{blob.Key} {blob.Value.Length}");

    /// <summary>Adds an image with these layers under a tag.</summary>
    /// <returns>The digest of its manifest.</returns>
    public string AddImage(string tag, bool isGzipped, params byte[][] files) =>
        Tag(tag, ManifestType, Image("amd64", isGzipped, files));

    /// <summary>Adds an index over an image for each architecture under a tag.</summary>
    /// <returns>The digest of the index.</returns>
    public string AddIndex(string tag, params string[] architectures) => Tag(
        tag,
        IndexType,
        Json(
            new
            {
                schemaVersion = 2,
                mediaType = IndexType,
                manifests = architectures.Select(AddFor).ToArray(),
            }));

    /// <summary>Writes the layout to a new folder.</summary>
    public async Task SaveAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(BlobFolder(folder));
        foreach (var (hex, bytes) in blobs)
            await File.WriteAllBytesAsync(Path.Combine(BlobFolder(folder), hex), bytes, cancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""", cancellationToken);
        await File.WriteAllBytesAsync(
            Path.Combine(folder, "index.json"), Json(new { schemaVersion = 2, manifests = tagged }), cancellationToken);
    }

    /// <summary>Returns the blobs of a saved layout, as <see cref="Blobs"/>.</summary>
    public static IEnumerable<string> BlobsOf(string folder) => Directory.EnumerateFiles(BlobFolder(folder))
        .Select(static file => $"{Path.GetFileName(file)} {new FileInfo(file).Length}")
        .Order(StringComparer.Ordinal);

    /// <summary>Opens a blob of a saved layout.</summary>
    /// <param name="folder">The folder of the layout.</param>
    /// <param name="digest">The digest with its algorithm.</param>
    public static Stream Open(string folder, string digest) =>
        File.OpenRead(Path.Combine(BlobFolder(folder), digest.Split(':')[1]));

    private Dictionary<string, object> AddFor(string architecture)
    {
        var descriptor =
            Add(ManifestType, Image(architecture, isGzipped: true, Encoding.UTF8.GetBytes(architecture)));
        descriptor["platform"] = new { os = "linux", architecture };
        return descriptor;
    }

    private byte[] Image(string architecture, bool isGzipped, params byte[][] files)
    {
        var tars = files.Select(Tar).ToArray();
        var config = Json(
            new
            {
                architecture,
                os = "linux",
                rootfs = new { type = "layers", diff_ids = tars.Select(Digest).ToArray() },
            });
        return Json(
            new
            {
                schemaVersion = 2,
                mediaType = ManifestType,
                config = Add(ConfigType, config),
                layers = tars
                    .Select(tar => isGzipped ? Add($"{LayerType}+gzip", Gzip(tar)) : Add(LayerType, tar))
                    .ToArray(),
            });
    }

    private string Tag(string tag, string mediaType, byte[] manifest)
    {
        var descriptor = Add(mediaType, manifest);
        descriptor["annotations"] = new Dictionary<string, string> { ["org.opencontainers.image.ref.name"] = tag };
        tagged.Add(descriptor);
        return Digest(manifest);
    }

    /// <summary>Adds a blob.</summary>
    /// <returns>Its descriptor.</returns>
    private Dictionary<string, object> Add(string mediaType, byte[] bytes)
    {
        var digest = Digest(bytes);
        blobs[digest.Split(':')[1]] = bytes;
        return new Dictionary<string, object>
        {
            ["mediaType"] = mediaType,
            ["digest"] = digest,
            ["size"] = bytes.Length,
        };
    }

    private static string BlobFolder(string folder) => Path.Combine(folder, "blobs", "sha256");

    private static string Digest(byte[] bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

    private static byte[] Json(object value) => JsonSerializer.SerializeToUtf8Bytes(value);

    private static byte[] Gzip(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    private static byte[] Tar(byte[] file)
    {
        var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, leaveOpen: true))
            tar.WriteEntry(
                new UstarTarEntry(TarEntryType.RegularFile, "file")
                {
                    ModificationTime = Samples.Start,
                    DataStream = new MemoryStream(file),
                });
        return bytes.ToArray();
    }
}
