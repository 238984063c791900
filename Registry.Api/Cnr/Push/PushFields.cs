using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Registry.Api.Json;
using Registry.Core.Errors;
using Registry.Core.Packages;

namespace Registry.Api.Cnr.Push;

/// <summary>Collects the fields of a push, first from its body and then from its query.</summary>
internal sealed class PushFields(
    Func<CancellationToken, ValueTask<PackagePush>> begin, int maxMetadataBytes) : IAsyncDisposable
{
    /// <summary>The maximum length of a field name; longer than all known ones.</summary>
    public const int MaxNameBytes = 32;

    private readonly BlobText blobText = new(begin);
    private readonly Dictionary<PushField, FieldValue> values = [];
    private string? metadata;
    private bool metadataTooLarge;
    private bool metadataInvalid;
    private bool blobRepeated;

    /// <summary>Returns the field with a name; null for an unknown one, which is ignored.</summary>
    public static PushField? Find(BoundedBytes name) => name.ToText() switch
    {
        "release" => PushField.Release,
        "blob" => PushField.Blob,
        "media_type" => PushField.MediaType,
        "force" => PushField.Force,
        "metadata" => PushField.Metadata,
        _ => null,
    };

    /// <summary>Creates a buffer for the text of a field.</summary>
    public BoundedBytes NewText(PushField field) => field == PushField.Metadata ? NewMetadata() : FieldValue.NewText();

    /// <summary>Creates a buffer for metadata.</summary>
    public BoundedBytes NewMetadata() => new(maxMetadataBytes);

    /// <summary>Whether the field has been set, to any value.</summary>
    public bool Has(PushField field) => values.ContainsKey(field);

    /// <summary>Sets or replaces a field.</summary>
    public void Set(PushField field, FieldValue value) => values[field] = value;

    /// <summary>Sets the metadata to JSON text.</summary>
    public void SetMetadata(BoundedBytes json, bool isNull)
    {
        Set(PushField.Metadata, new FieldValue(FieldKind.Other, null));
        metadataTooLarge = json.Overflowed;
        metadata = isNull || json.Overflowed ? null : json.ToText();
    }

    /// <summary>
    /// Sets a field of a form, unless it has been set. Metadata becomes a JSON string, as on the reference server: the
    /// fields of a form have no types.
    /// </summary>
    public void SetText(PushField field, BoundedBytes text)
    {
        if (!values.TryAdd(field, FieldValue.OfText(text, isText: true)) || field != PushField.Metadata)
            return;
        metadata = text.ToText() is { } value
            ? $"\"{JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\""
            : null;
        metadataTooLarge = text.Overflowed || Encoding.UTF8.GetByteCount(metadata ?? "") > maxMetadataBytes;
        metadataInvalid = metadata is null;
    }

    /// <summary>
    /// Begins the text of the blob; null when there is one already. The push is then rejected with 400 after the rest
    /// has been read.
    /// </summary>
    public BlobText? BeginBlob()
    {
        blobRepeated |= Has(PushField.Blob);
        Set(PushField.Blob, new FieldValue(FieldKind.Text, null));
        return blobRepeated ? null : blobText;
    }

    /// <summary>Records a blob that is not a string.</summary>
    public void SetBlob(FieldKind kind)
    {
        blobRepeated |= Has(PushField.Blob);
        Set(PushField.Blob, new FieldValue(kind, null));
    }

    /// <summary>Checks that all required fields are present, and returns the request.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.InvalidUsage"/> with the field.</exception>
    public PushRequest ToRequest()
    {
        // A release of null is present but invalid: the protocol reports it as an invalid release.
        if (Get(PushField.Release).Kind != FieldKind.Null)
            Require(PushField.Release, "release", "");
        if (blobRepeated)
            throw Invalid("blob", "The field 'blob' is repeated.");
        Require(PushField.Blob, "blob", ": a .tar.gz in base64");
        if (blobText.Push is null)
            throw Invalid("blob", "The field 'blob' is empty.");
        if (Get(PushField.MediaType).Kind is not (FieldKind.Absent or FieldKind.Null or FieldKind.Text))
            throw Invalid("media_type", "The field 'media_type' is not a string.");
        if (metadataInvalid)
            throw Invalid("metadata", "The field 'metadata' is not valid UTF-8.");
        var force = Get(PushField.Force);
        return new PushRequest(blobText.Release(), metadataTooLarge ? maxMetadataBytes : null, metadata)
        {
            Release = Get(PushField.Release).Text,
            MediaType = Get(PushField.MediaType).Text,
            Force = force.Kind == FieldKind.True || force.Text == "true",
        };
    }

    /// <summary>Discards the push, unless its ownership was transferred.</summary>
    public ValueTask DisposeAsync() => blobText.DisposeAsync();

    private FieldValue Get(PushField field) => values.GetValueOrDefault(field);

    private void Require(PushField field, string name, string meaning)
    {
        var kind = Get(field).Kind;
        if (kind is FieldKind.Absent or FieldKind.Null)
            throw Invalid(name, $"The field '{name}' is missing{meaning}.");
        if (kind != FieldKind.Text)
            throw Invalid(name, $"The field '{name}' is not a string.");
    }

    private static RegistryException Invalid(
        string field, string message) => new(ErrorCode.InvalidUsage, message, ("field", field));
}

/// <summary>The fields of a push.</summary>
internal enum PushField
{
    /// <summary>The release; required.</summary>
    Release,

    /// <summary>The package, a .tar.gz in base64; required.</summary>
    Blob,

    /// <summary>The media type.</summary>
    MediaType,

    /// <summary>Whether to replace an existing release.</summary>
    Force,

    /// <summary>The metadata of the manifest, as any JSON value.</summary>
    Metadata,
}
