using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Registry.Core.Storage;

namespace Registry.Core.Artifacts;

/// <summary>
/// One page of the list of referrers, which is an image index. Add the manifests that refer to the subject in the order
/// of their digests, starting after the previous page, until one does not fit.
/// </summary>
/// <param name="artifactType">The artifact type of the manifests to list; null for all.</param>
/// <param name="maxBytes">
/// The maximum size of the page in bytes. A manifest whose annotations alone are longer gets its own page.
/// </param>
public sealed class ReferrersIndex(string? artifactType, int maxBytes = ReferrersIndex.DefaultMaxBytes)
{
    /// <summary>The default maximum size of a page in bytes. ORAS clients reject an index above 4 MiB.</summary>
    public const int DefaultMaxBytes = 1 << 20;

    private static readonly JsonWriterOptions Options =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> page = new();
    private readonly ArrayBufferWriter<byte> entry = new();
    private bool hasEntries;

    /// <summary>
    /// The digest of the last manifest that was added or filtered out. The next page begins after it. Null if there is
    /// none.
    /// </summary>
    public Digest? Last { get; private set; }

    private static ReadOnlySpan<byte> Start =>
        "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":["u8;

    private static ReadOnlySpan<byte> End => "]}"u8;

    /// <summary>
    /// Adds a manifest, or skips it if it has another artifact type than the requested one. Returns false if the page
    /// has no room for it.
    /// </summary>
    /// <param name="digest">The digest of the manifest.</param>
    /// <param name="size">The length of the manifest in bytes.</param>
    /// <param name="document">The manifest.</param>
    public bool TryAdd(Digest digest, long size, ManifestDocument document)
    {
        if (artifactType is null || document.ArtifactType == artifactType)
        {
            entry.ResetWrittenCount();
            Write(entry, digest, size, document);
            if (hasEntries && Start.Length + page.WrittenCount + 1 + entry.WrittenCount + End.Length > maxBytes)
                return false;
            if (hasEntries)
                page.Write(","u8);
            page.Write(entry.WrittenSpan);
            hasEntries = true;
        }

        Last = digest;
        return true;
    }

    /// <summary>Returns the page in UTF-8.</summary>
    public byte[] ToUtf8() => [.. Start, .. page.WrittenSpan, .. End];

    private static void Write(IBufferWriter<byte> entry, Digest digest, long size, ManifestDocument document)
    {
        using var json = new Utf8JsonWriter(entry, Options);
        json.WriteStartObject();
        json.WriteString("mediaType", document.MediaType);
        json.WriteString("digest", OciDigest.Format(digest));
        json.WriteNumber("size", size);
        if (document.Annotations is { } annotations)
        {
            json.WritePropertyName("annotations");
            json.WriteRawValue(annotations.Utf8.Span, skipInputValidation: true);
        }

        if (document.ArtifactType is { } type)
            json.WriteString("artifactType", type);
        json.WriteEndObject();
    }
}
