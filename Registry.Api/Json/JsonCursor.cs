namespace Registry.Api.Json;

/// <summary>
/// A forward-only reader for JSON that arrives in pieces. The caller reads or skips each value, and nothing is
/// buffered except by sinks.
/// </summary>
/// <param name="body">The JSON text.</param>
internal sealed class JsonCursor(BodyCursor body)
{
    private readonly JsonStringScanner strings = new();
    private int depth;

    /// <summary>Reads an object member by member, in the order of the text.</summary>
    /// <param name="maxNameBytes">
    /// The maximum length of names. Longer ones are truncated and marked <see cref="BoundedBytes.Overflowed"/>.
    /// </param>
    /// <param name="member">
    /// Reads the whole value of a member, given the name and the first byte of the value, which is not consumed.
    /// </param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="JsonSyntaxException">The text is not a JSON object.</exception>
    public async ValueTask ReadObjectAsync(
        int maxNameBytes, Func<BoundedBytes, int, ValueTask> member, CancellationToken cancellationToken)
    {
        await ExpectAsync('{', cancellationToken);
        depth++;
        if (await body.PeekTokenAsync(cancellationToken) == '}')
        {
            body.Consume(1);
        }
        else
        {
            do
            {
                await ExpectAsync('"', cancellationToken);
                var name = new BoundedBytes(maxNameBytes);
                await ReadStringAsync(name, cancellationToken);
                await ExpectAsync(':', cancellationToken);
                await member(name, await body.PeekTokenAsync(cancellationToken));
            }
            while (await TakeCommaAsync('}', cancellationToken));
        }

        depth--;
    }

    /// <summary>Reads an array.</summary>
    /// <param name="item">Reads a whole element, given its first byte, which is not consumed.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="JsonSyntaxException">The text is not a JSON array.</exception>
    public async ValueTask ReadArrayAsync(Func<int, ValueTask> item, CancellationToken cancellationToken)
    {
        await ExpectAsync('[', cancellationToken);
        depth++;
        if (await body.PeekTokenAsync(cancellationToken) == ']')
        {
            body.Consume(1);
        }
        else
        {
            do
                await item(await body.PeekTokenAsync(cancellationToken));
            while (await TakeCommaAsync(']', cancellationToken));
        }

        depth--;
    }

    /// <summary>Reads a short string, or the kind of any other value.</summary>
    /// <param name="first">The first byte of the value, which is not consumed.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    public async ValueTask<FieldValue> ReadValueAsync(int first, CancellationToken cancellationToken)
    {
        if (first != '"')
            return new FieldValue(await SkipValueAsync(cancellationToken), null);
        var text = FieldValue.NewText();
        await ReadTextAsync(text, cancellationToken);
        return FieldValue.OfText(text, isText: !strings.HasLoneSurrogate);
    }

    /// <summary>Reads a string, including its quotes, into a sink.</summary>
    public async ValueTask ReadTextAsync(ITextSink sink, CancellationToken cancellationToken)
    {
        await ExpectAsync('"', cancellationToken);
        await ReadStringAsync(sink, cancellationToken);
    }

    /// <summary>Reads a value as raw JSON.</summary>
    /// <param name="json">Receives the JSON text.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The kind of the value.</returns>
    public async ValueTask<FieldKind> ReadRawAsync(BoundedBytes json, CancellationToken cancellationToken)
    {
        body.Recorder = json;
        var kind = await SkipValueAsync(cancellationToken);
        body.Recorder = null;
        return kind;
    }

    /// <summary>Skips a value of any size.</summary>
    /// <returns>The kind of the value.</returns>
    public async ValueTask<FieldKind> SkipValueAsync(CancellationToken cancellationToken)
    {
        var first = await body.PeekTokenAsync(cancellationToken);
        var skipper = new JsonValueSkipper(strings);
        skipper.Begin(outerDepth: depth);
        while (await body.FillAsync(cancellationToken))
        {
            var ended = skipper.Feed(body.Window.Span, out var consumed);
            body.Consume(consumed);
            if (ended)
                return first switch { 'n' => FieldKind.Null, 't' => FieldKind.True, _ => FieldKind.Other };
        }

        throw UnexpectedEnd();
    }

    /// <summary>Checks that only white space follows.</summary>
    /// <param name="what">The name of the text, for the error message.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="JsonSyntaxException">Other data follows.</exception>
    public async ValueTask ExpectEndAsync(string what, CancellationToken cancellationToken)
    {
        if (await body.PeekTokenAsync(cancellationToken) >= 0)
            throw new JsonSyntaxException($"unexpected data after the {what}.");
    }

    private async ValueTask ReadStringAsync(ITextSink sink, CancellationToken cancellationToken)
    {
        strings.Begin();
        while (await body.FillAsync(cancellationToken))
        {
            var window = body.Window;
            var step = strings.Next(window.Span, out var consumed);
            if (step == JsonStringStep.Run)
                await sink.AppendAsync(window[..consumed], cancellationToken);
            else if (step == JsonStringStep.Escape)
                await sink.AppendAsync(strings.Decoded, cancellationToken);
            body.Consume(consumed);
            if (step == JsonStringStep.End)
                return;
        }

        throw UnexpectedEnd();
    }

    private async ValueTask ExpectAsync(char token, CancellationToken cancellationToken)
    {
        var found = await body.PeekTokenAsync(cancellationToken);
        if (found != token)
            throw found < 0 ? UnexpectedEnd() : new JsonSyntaxException($"expected '{token}'.");
        body.Consume(1);
    }

    private async ValueTask<bool> TakeCommaAsync(char end, CancellationToken cancellationToken)
    {
        if (await body.PeekTokenAsync(cancellationToken) == ',')
        {
            body.Consume(1);
            return true;
        }

        await ExpectAsync(end, cancellationToken);
        return false;
    }

    private static JsonSyntaxException UnexpectedEnd() => new("unexpected end of data.");
}
