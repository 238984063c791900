using Registry.Core.Packages;

namespace Registry.Api.Cnr.Push;

/// <summary>Reads a push whose body is a JSON object: its members in any order, those it does not know stepped over whatever their size.</summary>
internal sealed class JsonPushBody(BodyCursor body, PushFields fields)
{
    private readonly JsonCursor json = new(body);

    /// <summary>Reads the body to its end. Of a repeated member the last one counts.</summary>
    /// <exception cref="JsonSyntaxException">The body is not a JSON object.</exception>
    public async ValueTask ReadAsync(CancellationToken ct)
    {
        await json.ReadObjectAsync(PushFields.MaxNameBytes, (name, first) => ReadMemberAsync(name, first, ct), ct);
        await json.ExpectEndAsync("object", ct);
    }

    private async ValueTask ReadMemberAsync(BoundedBytes name, int first, CancellationToken ct)
    {
        switch (PushFields.Find(name))
        {
            case PushField.Blob when first == '"' && fields.BeginBlob() is { } blob:
                await json.ReadTextAsync(blob, ct);
                await blob.EndAsync(ct);
                break;
            case PushField.Blob when first != '"':
                fields.SetBlob(await json.SkipValueAsync(ct));
                break;
            case PushField.Metadata:
                var text = fields.NewMetadata();
                var kind = await json.ReadRawAsync(text, ct);
                fields.SetMetadata(text, isNull: kind == FieldKind.Null);
                break;
            case { } field when field != PushField.Blob:
                fields.Set(field, await json.ReadValueAsync(first, ct));
                break;
            default:
                await json.SkipValueAsync(ct);
                break;
        }
    }
}
