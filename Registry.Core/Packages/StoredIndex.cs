using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;
using Registry.Core.Channels;
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

    private const int Schema = 1;

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
            var form = content.Span.StartsWith(BrotliMark) ? Inflate(content) : JsonSerializer.Deserialize(content.Span, StoredJson.Default.IndexForm);
            if (form is not { Schema: Schema } || form.Package != name.Value)
                throw new FormatException($"It is not schema {Schema} of this package.");
            return PackageIndex.Restore(
                name, Utc(form.CreatedAt), form.Manifests.Select(FromForm), form.Channels.Select(FromForm));
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidDataException or InvalidOperationException)
        {
            throw new StorageException(StorageFault.Corrupt, $"The stored index of {name} cannot be read: {exception.Message}", exception);
        }
    }

    private static IndexForm? Inflate(ReadOnlyMemory<byte> content)
    {
        using var brotli = new BrotliStream(new MemoryStream(content[BrotliMark.Length..].ToArray(), writable: false), CompressionMode.Decompress);
        return JsonSerializer.Deserialize(brotli, StoredJson.Default.IndexForm);
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

    private static Manifest FromForm(ManifestForm form) => new(
        ReleaseOf(form.Release),
        new Descriptor(
            MediaType.TryParse(form.MediaType, out var mediaType) ? mediaType : throw new FormatException($"'{form.MediaType}' is no media type."),
            Digest.Parse(form.Digest),
            Digest.Parse(form.Blob),
            form.Size),
        Utc(form.CreatedAt),
        form.Metadata?.Text,
        form.PushId);

    private static Channel FromForm(ChannelForm form) => new(
        ChannelName.TryParse(form.Name, out var name) ? name : throw new FormatException($"'{form.Name}' is no channel name."),
        ReleaseOf(form.Current),
        [.. form.Releases.Select(ReleaseOf).OrderDescending()]);

    private static Release ReleaseOf(string text) =>
        Release.TryParse(text, out var release, out var reason) ? release : throw new FormatException(reason);

    private static DateTimeOffset Utc(DateTime time) => new(time.Kind == DateTimeKind.Utc ? time : throw new FormatException("A time is not UTC."));
}

internal sealed record IndexForm(int Schema, string Package, DateTime CreatedAt, IEnumerable<ManifestForm> Manifests, IEnumerable<ChannelForm> Channels);

internal sealed record ManifestForm(
    string Release, string MediaType, string Digest, string Blob, long Size, DateTime CreatedAt, string PushId, RawJson? Metadata = null);

internal sealed record ChannelForm(string Name, string Current, IEnumerable<string> Releases);

[JsonSerializable(typeof(IndexForm))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    // Metadata alone may be 63 levels deep.
    MaxDepth = 128,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
internal sealed partial class StoredJson : JsonSerializerContext;
