namespace Registry.Api.Json;

/// <summary>
/// Reads JSON that arrives in pieces, forward: whoever calls takes each value or steps over it, and nothing is gathered
/// but what a sink keeps.
/// </summary>
/// <param name="body">Where it comes from.</param>
internal sealed class JsonCursor(BodyCursor body)
{
    private readonly JsonStringScanner strings = new();
    private int depth;

    /// <summary>Reads an object, its members in the order in which they stand.</summary>
    /// <param name="maxNameBytes">Longer names are cut, and said to be <see cref="BoundedBytes.Overflown"/>.</param>
    /// <param name="member">
    /// Takes the value of a member, all of it. It is given the name and the value's first byte, which is left where it
    /// is.
    /// </param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="JsonSyntaxException">There is no JSON object.</exception>
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
    /// <param name="item">
    /// Takes a value of it, all of it. It is given the value's first byte, which is left where it is.
    /// </param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="JsonSyntaxException">There is no JSON array.</exception>
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

    /// <summary>Reads a value that is no more than a word: a text, or what stands for none.</summary>
    /// <param name="first">Its first byte.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public async ValueTask<FieldValue> ReadValueAsync(int first, CancellationToken cancellationToken)
    {
        if (first != '"')
            return new FieldValue(await SkipValueAsync(cancellationToken), null);
        var text = FieldValue.NewText();
        await ReadTextAsync(text, cancellationToken);
        return FieldValue.OfText(text, isText: !strings.HasLoneSurrogate);
    }

    /// <summary>Reads a string from before its opening quote to behind its closing one.</summary>
    public async ValueTask ReadTextAsync(ITextSink sink, CancellationToken cancellationToken)
    {
        await ExpectAsync('"', cancellationToken);
        await ReadStringAsync(sink, cancellationToken);
    }

    /// <summary>Reads a value as the JSON text that it is.</summary>
    /// <param name="json">Keeps it.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>What kind of value it was.</returns>
    public async ValueTask<FieldKind> ReadRawAsync(BoundedBytes json, CancellationToken cancellationToken)
    {
        body.Recorder = json;
        var kind = await SkipValueAsync(cancellationToken);
        body.Recorder = null;
        return kind;
    }

    /// <summary>Steps over a value of any size.</summary>
    /// <returns>What kind of value it was.</returns>
    public async ValueTask<FieldKind> SkipValueAsync(CancellationToken cancellationToken)
    {
        var first = await body.PeekTokenAsync(cancellationToken);
        var skipper = new JsonValueSkipper(strings);
        skipper.Begin(within: depth);
        while (await body.FillAsync(cancellationToken))
        {
            var ended = skipper.Feed(body.Window.Span, out var consumed);
            body.Consume(consumed);
            if (ended)
                return first switch { 'n' => FieldKind.Null, 't' => FieldKind.True, _ => FieldKind.Other };
        }

        throw CutShort();
    }

    /// <summary>Makes sure that nothing follows but white space.</summary>
    /// <param name="what">What has ended, for the message.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public async ValueTask ExpectEndAsync(string what, CancellationToken cancellationToken)
    {
        if (await body.PeekTokenAsync(cancellationToken) >= 0)
            throw new JsonSyntaxException($"something follows the {what}.");
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

        throw CutShort();
    }

    private async ValueTask ExpectAsync(char token, CancellationToken cancellationToken)
    {
        var found = await body.PeekTokenAsync(cancellationToken);
        if (found != token)
            throw found < 0 ? CutShort() : new JsonSyntaxException($"'{token}' is missing.");
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

    private static JsonSyntaxException CutShort() => new("it is cut short.");
}
