using System.Buffers;
using Registry.Api.Json;

namespace Registry.Api.Cnr.Push;

/// <summary>
/// Reads the fields of a push from urlencoded text: a form, or the query. Percent escapes are decoded as they arrive;
/// invalid ones are kept as text. The first of several equal fields counts.
/// </summary>
/// <remarks>
/// A plus sign means a space, except in a blob: curl's <c>-d blob=$(base64 …)</c> sends base64 without escapes, where a
/// plus sign is a digit.
/// </remarks>
internal sealed class UrlEncodedPushBody(BodyCursor body, PushFields fields)
{
    private static readonly SearchValues<byte> NameStops = SearchValues.Create("%+&="u8);
    private static readonly SearchValues<byte> TextStops = SearchValues.Create("%+&"u8);
    private static readonly SearchValues<byte> BlobStops = SearchValues.Create("%&"u8);
    private static readonly ReadOnlyMemory<byte> Space = " "u8.ToArray();

    private readonly byte[] escape = new byte[3];

    /// <summary>
    /// Reads to the end. A repeated blob in a form is an error (400); one in the query is ignored.
    /// </summary>
    public async ValueTask ReadAsync(bool isQuery, CancellationToken cancellationToken)
    {
        while (await body.FillAsync(cancellationToken))
        {
            var name = new BoundedBytes(PushFields.MaxNameBytes);
            var hasValue = await ReadAsync(name, NameStops, cancellationToken) == '=';
            var field = PushFields.Find(name);
            if (isQuery && field is { } known && fields.Has(known))
                field = null;
            await ReadValueAsync(field, hasValue, cancellationToken);
        }
    }

    private async ValueTask ReadValueAsync(PushField? field, bool hasValue, CancellationToken cancellationToken)
    {
        if (field == PushField.Blob && fields.BeginBlob() is { } blob)
        {
            if (hasValue)
                await ReadAsync(blob, BlobStops, cancellationToken);
            await blob.EndAsync(cancellationToken);
            return;
        }

        var text = field is { } known ? fields.NewText(known) : new BoundedBytes(0);
        if (hasValue)
            await ReadAsync(text, TextStops, cancellationToken);
        if (field is { } set && set != PushField.Blob)
            fields.SetText(set, text);
    }

    /// <summary>Reads up to a stop character, which it consumes and returns; -1 at the end.</summary>
    private async ValueTask<int> ReadAsync(
        ITextSink sink, SearchValues<byte> stops, CancellationToken cancellationToken)
    {
        while (await body.FillAsync(cancellationToken))
        {
            var window = body.Window;
            var run = window.Span.IndexOfAny(stops);
            if (run != 0)
            {
                run = run < 0 ? window.Length : run;
                await sink.AppendAsync(window[..run], cancellationToken);
                body.Consume(run);
                continue;
            }

            var stop = window.Span[0];
            body.Consume(1);
            if (stop == '+')
                await sink.AppendAsync(Space, cancellationToken);
            else if (stop == '%')
                await sink.AppendAsync(await ReadEscapeAsync(cancellationToken), cancellationToken);
            else
                return stop;
        }

        return -1;
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadEscapeAsync(CancellationToken cancellationToken)
    {
        escape[0] = (byte)'%';
        for (var taken = 1; taken < escape.Length; taken++)
        {
            if (!await body.FillAsync(cancellationToken) || !char.IsAsciiHexDigit((char)body.Window.Span[0]))
                return escape.AsMemory(0, taken);
            escape[taken] = body.Window.Span[0];
            body.Consume(1);
        }

        Convert.FromHexString(escape.AsSpan(1), escape, out _, out _);
        return escape.AsMemory(0, 1);
    }
}
