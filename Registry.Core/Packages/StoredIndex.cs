using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>
/// The stored form of a <see cref="PackageIndex"/>: JSON with a schema number, compressed where it is long. Apart from the wire forms, so
/// that neither binds the other.
/// </summary>
internal static class StoredIndex
{
    /// <summary>Above it the JSON, which repeats itself, is stored compressed: 1 MiB then carries a package past 8,000 manifests.</summary>
    private const int CompressAboveBytes = 64 * 1024;

    /// <summary>Written into every document; another number is none that this version reads.</summary>
    public const int Schema = 1;

    /// <summary>What compression makes of such JSON, as a rule: where the room for it is begun with.</summary>
    private const int UsualRatio = 4;

    /// <summary>Stands before brotli, which has no mark of its own: <c>tail -c +8 FILE | brotli -d</c> reads such a document.</summary>
    private static ReadOnlySpan<byte> BrotliMark => "brotli\n"u8;

    public static byte[] Write(PackageIndex index)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(
            new IndexForm(
                Schema,
                index.Name.Value,
                index.CreatedAt.UtcDateTime,
                index.Manifests.Select(ToForm),
                index.Channels.Select(channel => new ChannelForm(channel.Name.Value, channel.Current.Value, channel.Releases.Select(release => release.Value)))),
            StoredJson.Default.IndexForm);
        if (json.Length <= CompressAboveBytes)
            return json;
        using var compressed = new MemoryStream(json.Length / 8);
        compressed.Write(BrotliMark);
        // Two thirds of what gzip makes of it in the same time.
        using (var brotli = new BrotliStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            brotli.Write(json);
        return compressed.ToArray();
    }

    /// <exception cref="StorageException"><see cref="StorageFault.Corrupt"/>: this is no index of this package that this version can read.</exception>
    public static PackageIndex Read(PackageName name, ReadOnlyMemory<byte> content)
    {
        try
        {
            return content.Span.StartsWith(BrotliMark) ? ReadCompressed(name, content) : StoredIndexReader.Read(name, content.Span);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidDataException or InvalidOperationException or DecoderFallbackException)
        {
            throw new StorageException(StorageFault.Corrupt, $"The stored index of {name} cannot be read: {exception.Message}", exception);
        }
    }

    private static PackageIndex ReadCompressed(PackageName name, ReadOnlyMemory<byte> content)
    {
        using var brotli = new BrotliStream(new MemoryStream(content[BrotliMark.Length..].ToArray(), writable: false), CompressionMode.Decompress);
        using var json = new PooledBytes(content.Length * UsualRatio);
        while (brotli.Read(json.GetSpan()) is > 0 and var read)
            json.Advance(read);
        return StoredIndexReader.Read(name, json.WrittenMemory.Span);
    }

    private static ManifestForm ToForm(Manifest manifest) => new(
        manifest.Release.Value,
        manifest.MediaType.Value,
        manifest.Content.Digest.Value,
        manifest.Content.BlobDigest.Value,
        manifest.Content.Size,
        manifest.CreatedAt.UtcDateTime,
        manifest.PushId,
        manifest.Metadata is null ? null : new RawJson(manifest.Metadata));
}

internal sealed record IndexForm(int Schema, string Package, DateTime CreatedAt, IEnumerable<ManifestForm> Manifests, IEnumerable<ChannelForm> Channels);

internal sealed record ManifestForm(
    string Release, string MediaType, string Digest, string Blob, long Size, DateTime CreatedAt, string PushId, RawJson? Metadata = null);

internal sealed record ChannelForm(string Name, string Current, IEnumerable<string> Releases);

[JsonSerializable(typeof(IndexForm))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class StoredJson : JsonSerializerContext;
