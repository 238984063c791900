using System.Text.Json;
using System.Text.Json.Serialization;
using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>
/// The stored form of a <see cref="PackageIndex"/>: JSON with a schema number, compressed where it is long. Apart from
/// the wire forms, so that neither binds the other.
/// </summary>
internal static class StoredIndex
{
    /// <summary>
    /// Written into every document. A later schema must be followed by the member <c>requires</c> with the version of
    /// the registry that reads it, so that earlier versions can name it: see <see cref="StorageFault.NewerSchema"/>.
    /// </summary>
    public const int Schema = 1;

    /// <summary>
    /// Brotli at its fastest makes two thirds of what gzip makes in the same time: 1 MiB then carries a package past
    /// 8,000 manifests.
    /// </summary>
    private const int FastQuality = 1;

    /// <summary>
    /// Where the fastest does not fit, this takes some 5 % less in eight times the time. So a delete fits even where an
    /// earlier version, which took larger pieces, had filled the document.
    /// </summary>
    private const int DenseQuality = 4;

    /// <summary>
    /// Stands before brotli, which has no mark of its own: <c>tail -c +8 FILE | brotli -d</c> reads such a document.
    /// </summary>
    private static ReadOnlySpan<byte> BrotliMark => "brotli\n"u8;

    /// <summary>Makes the stored form of an index.</summary>
    /// <param name="index">The index.</param>
    /// <param name="maxBytes">The most bytes of JSON.</param>
    /// <returns>The form, which is empty where the JSON is longer, and how many bytes the JSON has.</returns>
    public static (byte[] Content, long JsonBytes) Write(PackageIndex index, long maxBytes)
    {
        var stored = Write(index, FastQuality, maxBytes);
        return stored.Content.Length <= Document.MaxBytes ? stored : Write(index, DenseQuality, maxBytes);
    }

    /// <summary>As the other, for an index that is as long as the default allows.</summary>
    public static byte[] Write(PackageIndex index) => Write(index, new IndexLimits().MaxBytes).Content;

    /// <summary>Reads the stored form of an index.</summary>
    /// <param name="name">The package.</param>
    /// <param name="content">The form. The index may keep it.</param>
    /// <param name="maxBytes">The most bytes of JSON; no more are ever unpacked.</param>
    /// <exception cref="StorageException">
    /// <see cref="StorageFault.Corrupt"/>: this is no index of this package, or it is longer than allowed.
    /// <see cref="StorageFault.NewerSchema"/>: a later version of the registry wrote it.
    /// </exception>
    public static PackageIndex Read(PackageName name, ReadOnlyMemory<byte> content, long maxBytes)
    {
        try
        {
            if (content.Span.StartsWith(BrotliMark))
                return StoredIndexReader.Read(name, new PackedJson(content[BrotliMark.Length..]), maxBytes);
            return content.Length <= maxBytes
                ? StoredIndexReader.Read(name, content.Span)
                : throw TooLong(name, maxBytes);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidDataException
            or InvalidOperationException)
        {
            throw new StorageException(
                StorageFault.Corrupt, $"The stored index of {name} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>As the other, for an index that is as long as the default allows.</summary>
    public static PackageIndex Read(
        PackageName name, ReadOnlyMemory<byte> content) => Read(name, content, new IndexLimits().MaxBytes);

    /// <summary>
    /// The fault of an index that is longer than allowed. It names the setting, for the operator's log.
    /// </summary>
    public static StorageException TooLong(PackageName name, long maxBytes) => new(
        StorageFault.Corrupt,
        $"The stored index of {name} unpacks to more than {maxBytes} bytes. Raise Limits:IndexBytes to read it, "
            + "then delete releases");

    private static InvalidOperationException NoTarDigest(Manifest manifest) =>
        new($"Schema {Schema} stores gzipped tars only, and the content of {manifest.Release} is none.");

    private static (byte[] Content, long JsonBytes) Write(PackageIndex index, int quality, long maxBytes)
    {
        using var metadata = new MetadataReader();
        using var packer = new IndexPacker(BrotliMark, quality, maxBytes);
        using (var writer = new Utf8JsonWriter(packer))
            JsonSerializer.Serialize(
                writer,
                new StoredIndexForm(
                    Schema,
                    index.Name.Value,
                    index.CreatedAt.UtcDateTime,
                    index.Manifests.Select(manifest => ToForm(manifest, metadata)),
                    index.Channels.Select(ToForm)),
                StoredJson.Default.StoredIndexForm);
        return (packer.Finish(), packer.JsonBytes);
    }

    private static StoredChannelForm ToForm(Channel channel) =>
        new(channel.Name.Value, channel.Current.Value, channel.Releases.Select(release => release.Value));

    private static StoredManifestForm ToForm(Manifest manifest, MetadataReader metadata) => new(
        manifest.Release.Value,
        manifest.MediaType.Value,
        (manifest.Content.TarDigest ?? throw NoTarDigest(manifest)).Value,
        manifest.Content.StoredDigest.Value,
        manifest.Content.Size,
        manifest.CreatedAt.UtcDateTime,
        manifest.PushId,
        metadata.Read(manifest.Metadata));
}

internal sealed record StoredIndexForm(
    int Schema,
    string Package,
    DateTime CreatedAt,
    IEnumerable<StoredManifestForm> Manifests,
    IEnumerable<StoredChannelForm> Channels);

internal sealed record StoredManifestForm(
    string Release,
    string MediaType,
    string Digest,
    string Blob,
    long Size,
    DateTime CreatedAt,
    string PushId,
    RawJson? Metadata = null);

internal sealed record StoredChannelForm(string Name, string Current, IEnumerable<string> Releases);

[JsonSerializable(typeof(StoredIndexForm))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class StoredJson : JsonSerializerContext;
