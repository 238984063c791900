namespace Registry.Api.Cnr.Push;

/// <summary>Reads a push whose body is a JSON object: its members in any order, those it does not know stepped over whatever their size.</summary>
internal sealed class JsonPushBody(BodyCursor body, PushFields fields)
{
    private readonly JsonStringScanner strings = new();

    /// <summary>Reads the body to its end. Of a repeated member the last one counts.</summary>
    /// <exception cref="JsonSyntaxException">The body is not a JSON object.</exception>
    public async ValueTask ReadAsync(CancellationToken ct)
    {
        await ExpectAsync('{', ct);
        if (await body.PeekTokenAsync(ct) == '}')
        {
            body.Consume(1);
        }
        else
        {
            do
                await ReadMemberAsync(ct);
            while (await TakeCommaAsync(ct));
        }

        if (await body.PeekTokenAsync(ct) >= 0)
            throw new JsonSyntaxException("something follows the object.");
    }

    private async ValueTask ReadMemberAsync(CancellationToken ct)
    {
        await ExpectAsync('"', ct);
        var name = new BoundedBytes(PushFields.MaxNameBytes);
        await ReadStringAsync(name, ct);
        await ExpectAsync(':', ct);
        var first = await body.PeekTokenAsync(ct);
        switch (PushFields.Find(name))
        {
            case PushField.Blob when first == '"' && fields.BeginBlob() is { } blob:
                body.Consume(1);
                await ReadStringAsync(blob, ct);
                await blob.EndAsync(ct);
                break;
            case PushField.Blob when first != '"':
                fields.SetBlob(await SkipValueAsync(ct));
                break;
            case PushField.Metadata:
                var json = fields.NewMetadata();
                body.Recorder = json;
                var kind = await SkipValueAsync(ct);
                body.Recorder = null;
                fields.SetMetadata(json, isNull: kind == FieldKind.Null);
                break;
            case { } field when field != PushField.Blob:
                fields.Set(field, await ReadValueAsync(first, ct));
                break;
            default:
                await SkipValueAsync(ct);
                break;
        }
    }

    private async ValueTask<FieldValue> ReadValueAsync(int first, CancellationToken ct)
    {
        if (first != '"')
            return new FieldValue(await SkipValueAsync(ct), null);
        body.Consume(1);
        var text = FieldValue.NewText();
        await ReadStringAsync(text, ct);
        return FieldValue.OfText(text, isText: !strings.HasLoneSurrogate);
    }

    /// <summary>Reads a string from behind its opening quote to behind its closing one.</summary>
    private async ValueTask ReadStringAsync(ITextSink sink, CancellationToken ct)
    {
        strings.Begin();
        while (await body.FillAsync(ct))
        {
            var window = body.Window;
            var step = strings.Next(window.Span, out var consumed);
            if (step == JsonStringStep.Run)
                await sink.AppendAsync(window[..consumed], ct);
            else if (step == JsonStringStep.Escape)
                await sink.AppendAsync(strings.Decoded, ct);
            body.Consume(consumed);
            if (step == JsonStringStep.End)
                return;
        }

        throw CutShort();
    }

    private async ValueTask<FieldKind> SkipValueAsync(CancellationToken ct)
    {
        var first = await body.PeekTokenAsync(ct);
        var skipper = new JsonValueSkipper(strings);
        skipper.Begin(within: 1);
        while (await body.FillAsync(ct))
        {
            var ended = skipper.Feed(body.Window.Span, out var consumed);
            body.Consume(consumed);
            if (ended)
                return first switch { 'n' => FieldKind.Null, 't' => FieldKind.True, _ => FieldKind.Other };
        }

        throw CutShort();
    }

    private async ValueTask ExpectAsync(char token, CancellationToken ct)
    {
        var found = await body.PeekTokenAsync(ct);
        if (found != token)
            throw found < 0 ? CutShort() : new JsonSyntaxException($"'{token}' is missing.");
        body.Consume(1);
    }

    private async ValueTask<bool> TakeCommaAsync(CancellationToken ct)
    {
        if (await body.PeekTokenAsync(ct) == ',')
        {
            body.Consume(1);
            return true;
        }

        await ExpectAsync('}', ct);
        return false;
    }

    private static JsonSyntaxException CutShort() => new("it is cut short.");
}
