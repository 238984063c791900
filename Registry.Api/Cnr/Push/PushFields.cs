using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Registry.Api.Json;
using Registry.Core.Errors;
using Registry.Core.Packages;

namespace Registry.Api.Cnr.Push;

/// <summary>The fields of a push while they are gathered, from its body first and then from its query.</summary>
internal sealed class PushFields(
    Func<CancellationToken, ValueTask<PackagePush>> begin, int maxMetadataBytes) : IAsyncDisposable
{
    /// <summary>Longer than the longest name of a field.</summary>
    public const int MaxNameBytes = 32;

    private readonly BlobText blobText = new(begin);
    private readonly Dictionary<PushField, FieldValue> values = [];
    private string? metadata;
    private bool metadataTooLarge;
    private bool metadataUnusable;
    private bool blobRepeated;

    /// <summary>The field of this name; null for one that a push does not know and ignores.</summary>
    public static PushField? Find(BoundedBytes name) => name.ToText() switch
    {
        "release" => PushField.Release,
        "blob" => PushField.Blob,
        "media_type" => PushField.MediaType,
        "force" => PushField.Force,
        "metadata" => PushField.Metadata,
        _ => null,
    };

    /// <summary>A place to gather the text of a field.</summary>
    public BoundedBytes NewText(PushField field) => field == PushField.Metadata ? NewMetadata() : FieldValue.NewText();

    /// <summary>A place to gather metadata.</summary>
    public BoundedBytes NewMetadata() => new(maxMetadataBytes);

    /// <summary>True when the field was given already, with whatever value.</summary>
    public bool Has(PushField field) => values.ContainsKey(field);

    /// <summary>Sets a field, in place of what it was.</summary>
    public void Set(PushField field, FieldValue value) => values[field] = value;

    /// <summary>Sets the metadata to JSON text as it stands; null is none.</summary>
    public void SetMetadata(BoundedBytes json, bool isNull)
    {
        Set(PushField.Metadata, new FieldValue(FieldKind.Other, null));
        metadataTooLarge = json.Overflown;
        metadata = isNull || json.Overflown ? null : json.ToText();
    }

    /// <summary>
    /// Sets a field of a form, unless it was given already. Metadata becomes a JSON string, as the reference server has
    /// it: a form cannot say of what type its fields are.
    /// </summary>
    public void SetText(PushField field, BoundedBytes text)
    {
        if (!values.TryAdd(field, FieldValue.OfText(text, isText: true)) || field != PushField.Metadata)
            return;
        metadata = text.ToText() is { } value
            ? $"\"{JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\""
            : null;
        metadataTooLarge = text.Overflown || Encoding.UTF8.GetByteCount(metadata ?? "") > maxMetadataBytes;
        metadataUnusable = metadata is null;
    }

    /// <summary>
    /// Where the text of the blob goes; null when there was one already, which makes the push a 400 but leaves the rest
    /// to be read.
    /// </summary>
    public BlobText? BeginBlob()
    {
        blobRepeated |= Has(PushField.Blob);
        Set(PushField.Blob, new FieldValue(FieldKind.Text, null));
        return blobRepeated ? null : blobText;
    }

    /// <summary>Notes a blob that is no text.</summary>
    public void SetBlob(FieldKind kind)
    {
        blobRepeated |= Has(PushField.Blob);
        Set(PushField.Blob, new FieldValue(kind, null));
    }

    /// <summary>Judges whether all is there that a push needs, and hands it over.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.InvalidUsage"/> with the field.</exception>
    public PushRequest ToRequest()
    {
        // A release of null is there, and is none: the protocol judges it as a bad release.
        if (Get(PushField.Release).Kind != FieldKind.Null)
            Require(PushField.Release, "release", "");
        if (blobRepeated)
            throw Unusable("blob", "The field 'blob' is there more than once.");
        Require(PushField.Blob, "blob", ": a .tar.gz in base64");
        if (blobText.Push is null)
            throw Unusable("blob", "The field 'blob' is empty.");
        if (Get(PushField.MediaType).Kind is not (FieldKind.Absent or FieldKind.Null or FieldKind.Text))
            throw Unusable("media_type", "The field 'media_type' is not a string.");
        if (metadataUnusable)
            throw Unusable("metadata", "The field 'metadata' is not valid UTF-8.");
        var force = Get(PushField.Force);
        return new PushRequest(blobText.Release(), metadataTooLarge ? maxMetadataBytes : null, metadata)
        {
            Release = Get(PushField.Release).Text,
            MediaType = Get(PushField.MediaType).Text,
            Force = force.Kind == FieldKind.True || force.Text == "true",
        };
    }

    /// <summary>Discards what was uploaded, unless it was handed over.</summary>
    public ValueTask DisposeAsync() => blobText.DisposeAsync();

    private FieldValue Get(PushField field) => values.GetValueOrDefault(field);

    private void Require(PushField field, string name, string meaning)
    {
        var kind = Get(field).Kind;
        if (kind is FieldKind.Absent or FieldKind.Null)
            throw Unusable(name, $"The field '{name}' is missing{meaning}.");
        if (kind != FieldKind.Text)
            throw Unusable(name, $"The field '{name}' is not a string.");
    }

    private static RegistryException Unusable(
        string field, string message) => new(ErrorCode.InvalidUsage, message, ("field", field));
}

/// <summary>The fields that a push knows.</summary>
internal enum PushField
{
    /// <summary>The release; required.</summary>
    Release,

    /// <summary>The package, a .tar.gz in base64; required.</summary>
    Blob,

    /// <summary>The media type.</summary>
    MediaType,

    /// <summary>Whether a release that is there is replaced.</summary>
    Force,

    /// <summary>Anything that the manifest shall carry.</summary>
    Metadata,
}
