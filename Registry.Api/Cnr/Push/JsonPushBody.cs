using Registry.Api.Json;

namespace Registry.Api.Cnr.Push;

/// <summary>
/// Reads a push whose body is a JSON object, with its properties in any order. Unknown properties of any size are
/// skipped.
/// </summary>
internal sealed class JsonPushBody(BodyCursor body, PushFields fields)
{
    private readonly JsonCursor json = new(body);

    /// <summary>Reads the body to its end. The last of several equal properties counts.</summary>
    /// <exception cref="JsonSyntaxException">The body is not a JSON object.</exception>
    public async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        await json.ReadObjectAsync(
            PushFields.MaxNameBytes,
            (name, first) => ReadMemberAsync(name, first, cancellationToken),
            cancellationToken);
        await json.ExpectEndAsync("object", cancellationToken);
    }

    private async ValueTask ReadMemberAsync(BoundedBytes name, int first, CancellationToken cancellationToken)
    {
        switch (PushFields.Find(name))
        {
            case PushField.Blob when first == '"' && fields.BeginBlob() is { } blob:
                await json.ReadTextAsync(blob, cancellationToken);
                await blob.EndAsync(cancellationToken);
                break;
            case PushField.Blob when first != '"':
                fields.SetBlob(await json.SkipValueAsync(cancellationToken));
                break;
            case PushField.Metadata:
                var text = fields.NewMetadata();
                var kind = await json.ReadRawAsync(text, cancellationToken);
                fields.SetMetadata(text, isNull: kind == FieldKind.Null);
                break;
            case { } field when field != PushField.Blob:
                fields.Set(field, await json.ReadValueAsync(first, cancellationToken));
                break;
            default:
                await json.SkipValueAsync(cancellationToken);
                break;
        }
    }
}
