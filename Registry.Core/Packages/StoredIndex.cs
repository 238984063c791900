using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Registry.Core.Artifacts;
using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>
/// The stored form of a <see cref="PackageIndex"/>: JSON with a schema number, compressed when it is long. It is
/// separate from the wire forms, so that each can change alone.
/// </summary>
internal static class StoredIndex
{
    /// <summary>
    /// The highest schema that this version reads and writes. Schema 2 adds what OCI and Helm clients get. A document
    /// without any of that is still written in schema 1, which earlier versions read.
    /// </summary>
    /// <remarks>
    /// A schema above 1 is followed by the member <c>requires</c> with the version of the registry that reads it, which
    /// earlier versions report: see <see cref="StorageFault.NewerSchema"/>.
    /// </remarks>
    public const int Schema = 2;

    /// <summary>The schema of a document with CNR releases only.</summary>
    private const int ReleasesOnly = 1;

    /// <summary>The first version of the registry that reads <see cref="Schema"/>.</summary>
    private const string Requires = "1.2.0";

    /// <summary>
    /// Brotli at its fastest produces two thirds of the size of gzip in the same time: 1 MiB then holds more than 8,000
    /// manifests.
    /// </summary>
    private const int FastQuality = 1;

    /// <summary>
    /// Used when the fastest does not fit: some 5 % smaller in eight times the time. A delete then fits even when an
    /// earlier version, which compressed larger pieces, had filled the document.
    /// </summary>
    private const int DenseQuality = 4;

    /// <summary>
    /// The prefix of a compressed document, since brotli has no magic number: <c>tail -c +8 FILE | brotli -d</c> reads
    /// it.
    /// </summary>
    private static ReadOnlySpan<byte> BrotliMark => "brotli\n"u8;

    /// <summary>Returns the stored form of an index.</summary>
    /// <param name="index">The index.</param>
    /// <param name="maxBytes">The maximum number of bytes of JSON.</param>
    /// <param name="replaced">
    /// The index that it replaces: the JSON of the manifests that both have is copied. Null for none.
    /// </param>
    /// <returns>The stored form, which is empty when the JSON is longer, and the number of bytes of JSON.</returns>
    public static (byte[] Content, long JsonBytes) Write(
        PackageIndex index, long maxBytes, PackageIndex? replaced = null)
    {
        var known = replaced?.Places;
        var stored = Write(index, known, FastQuality, maxBytes);
        return stored.Content.Length <= Document.MaxBytes ? stored : Write(index, known, DenseQuality, maxBytes);
    }

    /// <summary>Uses the default limit.</summary>
    public static byte[] Write(PackageIndex index) => Write(index, new IndexLimits().MaxBytes).Content;

    /// <summary>Reads the stored form of an index.</summary>
    /// <param name="name">The package.</param>
    /// <param name="content">The stored form. The index may keep a reference to it.</param>
    /// <param name="maxBytes">The maximum number of bytes of JSON that are decompressed.</param>
    /// <exception cref="StorageException">
    /// <see cref="StorageFault.Corrupt"/>: this is not an index of this package, or it is longer than the limit.
    /// <see cref="StorageFault.NewerSchema"/>: a later version of the registry wrote it.
    /// </exception>
    public static PackageIndex Read(PackageName name, ReadOnlyMemory<byte> content, long maxBytes)
    {
        try
        {
            if (PackedOf(content) is { } packed)
                return StoredIndexReader.Read(name, packed, maxBytes);
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

    /// <summary>Uses the default limit.</summary>
    public static PackageIndex Read(
        PackageName name, ReadOnlyMemory<byte> content) => Read(name, content, new IndexLimits().MaxBytes);

    /// <summary>
    /// Creates the exception for an index that is longer than the limit. It names the setting, for the operator's log.
    /// </summary>
    public static StorageException TooLong(PackageName name, long maxBytes) => new(
        StorageFault.Corrupt,
        $"The stored index of {name} unpacks to more than {maxBytes} bytes. Raise LIMITS__INDEXBYTES to read it, "
            + "then delete releases");

    private static InvalidOperationException NoTarDigest(Manifest manifest) =>
        new($"Releases are gzipped tars; the content of {manifest.Release} is not one.");

    private static (byte[] Content, long JsonBytes) Write(
        PackageIndex index, ManifestPlaces? known, int quality, long maxBytes)
    {
        var hasArtifacts =
            !index.Artifacts.IsEmpty || index.Manifests.Any(static manifest => manifest.Artifact is not null);
        using var packer = new IndexPacker(BrotliMark, quality, maxBytes);
        ManifestPlaces.Builder manifests;
        using (var writer = new Utf8JsonWriter(packer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("schema"u8, hasArtifacts ? Schema : ReleasesOnly);
            if (hasArtifacts)
                writer.WriteString("requires"u8, Requires);
            writer.WriteString("package"u8, index.Name.Value);
            writer.WriteString("created_at"u8, index.CreatedAt.UtcDateTime);
            writer.WriteStartArray("manifests"u8);
            writer.Flush();
            manifests = Write(index.Manifests, known, packer);
            writer.WriteEndArray();
            writer.WriteStartArray("channels"u8);
            WriteItems(writer, index.Channels, ToForm, StoredJson.Default.StoredChannelForm);
            writer.WriteEndArray();
            WriteList(writer, "artifacts"u8, index.Artifacts.Artifacts, ToForm, StoredJson.Default.StoredOciForm);
            WriteList(
                writer,
                "tags"u8,
                index.Artifacts.Tags,
                static tag => new StoredTagForm(tag.Name.Value, tag.Digest.Value),
                StoredJson.Default.StoredTagForm);
            WriteList(
                writer, "indexes"u8, index.Artifacts.Indexes, ToForm, StoredJson.Default.StoredReleaseIndexForm);
            writer.WriteEndObject();
        }

        var content = packer.Finish();
        index.Places = manifests.In(PackedOf(content));
        return (content, packer.JsonBytes);
    }

    /// <summary>Writes manifests, and copies those that are stored already, in runs as long as possible.</summary>
    private static ManifestPlaces.Builder Write(
        ImmutableArray<Manifest> manifests, ManifestPlaces? known, IndexPacker packer)
    {
        var written = new ManifestPlaces.Builder(manifests.Length);
        using var copies = known?.Open();
        using var metadata = new ReleaseMetadataReader();
        using var writer = new Utf8JsonWriter(packer);
        for (var i = 0; i < manifests.Length;)
        {
            if (i > 0)
                packer.Write(","u8);
            if (copies?.FindRun(manifests.AsSpan()[i..]) is { Count: > 0 } run)
            {
                written.AddRun(manifests.AsSpan().Slice(i, run.Count), run, packer.JsonBytes);
                copies.Copy(run, packer);
                i += run.Count;
                continue;
            }

            var start = packer.JsonBytes;
            writer.Reset();
            JsonSerializer.Serialize(writer, ToForm(manifests[i], metadata), StoredJson.Default.StoredManifestForm);
            writer.Flush();
            written.Add(manifests[i++], start, packer.JsonBytes);
        }

        return written;
    }

    private static void WriteList<TItem, TForm>(
        Utf8JsonWriter writer,
        ReadOnlySpan<byte> name,
        ImmutableArray<TItem> items,
        Func<TItem, TForm> toForm,
        JsonTypeInfo<TForm> type)
    {
        if (items.IsEmpty)
            return;
        writer.WriteStartArray(name);
        WriteItems(writer, items, toForm, type);
        writer.WriteEndArray();
    }

    private static void WriteItems<TItem, TForm>(
        Utf8JsonWriter writer, ImmutableArray<TItem> items, Func<TItem, TForm> toForm, JsonTypeInfo<TForm> type)
    {
        foreach (var item in items)
            JsonSerializer.Serialize(writer, toForm(item), type);
    }

    /// <summary>Returns the compressed JSON of a stored form; null when it is not compressed.</summary>
    private static PackedJson? PackedOf(ReadOnlyMemory<byte> content) =>
        content.Span.StartsWith(BrotliMark) ? new PackedJson(content[BrotliMark.Length..]) : null;

    private static StoredChannelForm ToForm(Channel channel) =>
        new(channel.Name.Value, channel.Current.Value, channel.Releases.Select(release => release.Value));

    private static StoredManifestForm ToForm(Manifest manifest, ReleaseMetadataReader metadata) => new(
        manifest.Release.Value,
        manifest.MediaType.Value,
        (manifest.Content.TarDigest ?? throw NoTarDigest(manifest)).Value,
        manifest.Content.StoredDigest.Value,
        manifest.Content.Size,
        manifest.CreatedAt.UtcDateTime,
        manifest.PushId,
        metadata.Read(manifest.Metadata),
        manifest.Artifact is { } artifact ? ToForm(artifact, metadata) : null);

    private static StoredArtifactForm ToForm(ReleaseArtifact artifact, ReleaseMetadataReader metadata) => new(
        artifact.ContentAt.UtcDateTime,
        ToForm(artifact.Current),
        OrNull(artifact.PreviousManifests, ToForm),
        artifact.Chart is { } chart
            ? new StoredChartForm(
                metadata.Read(chart.Metadata),
                ToForm(chart.MetadataBlob),
                ToForm(chart.Wrapped),
                ToForm(chart.Provenance))
            : null,
        artifact.Unlisted);

    private static StoredOciForm ToForm(OciManifest manifest) => new(
        manifest.Digest.Value,
        manifest.MediaType == OciMediaTypes.Manifest ? null : manifest.MediaType,
        manifest.Size,
        manifest.Subject?.Value,
        manifest.IsDerived ? true : null,
        ToForm(manifest.DerivedConfig));

    private static StoredReleaseIndexForm ToForm(ReleaseImageIndex index) => new(
        index.Release.Value,
        index.Current is { } current ? ToForm(current) : null,
        OrNull(index.PreviousManifests, ToForm));

    private static StoredBlobForm? ToForm(BlobDescriptor? blob) =>
        blob is null ? null : new StoredBlobForm(blob.Digest.Value, blob.Size);

    private static IEnumerable<TForm>? OrNull<TItem, TForm>(ImmutableArray<TItem> items, Func<TItem, TForm> toForm) =>
        items.IsEmpty ? null : items.Select(toForm);
}

internal sealed record StoredManifestForm(
    string Release,
    string MediaType,
    string Digest,
    string Blob,
    long Size,
    DateTime CreatedAt,
    string PushId,
    RawJson? Metadata = null,
    StoredArtifactForm? Oci = null);

internal sealed record StoredArtifactForm(
    DateTime ContentAt,
    StoredOciForm Current,
    IEnumerable<StoredOciForm>? Formers,
    StoredChartForm? Chart,
    string? Unlisted);

internal sealed record StoredChartForm(
    RawJson? Metadata, StoredBlobForm? MetadataBlob, StoredBlobForm? Wrapped, StoredBlobForm? Provenance);

internal sealed record StoredOciForm(
    string Digest, string? MediaType, long Size, string? Subject, bool? Derived, StoredBlobForm? Config);

internal sealed record StoredBlobForm(string Digest, long Size);

internal sealed record StoredReleaseIndexForm(
    string Release, StoredOciForm? Current, IEnumerable<StoredOciForm>? Formers);

internal sealed record StoredTagForm(string Name, string Digest);

internal sealed record StoredChannelForm(string Name, string Current, IEnumerable<string> Releases);

[JsonSerializable(typeof(StoredManifestForm))]
[JsonSerializable(typeof(StoredChannelForm))]
[JsonSerializable(typeof(StoredOciForm))]
[JsonSerializable(typeof(StoredTagForm))]
[JsonSerializable(typeof(StoredReleaseIndexForm))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class StoredJson : JsonSerializerContext;
