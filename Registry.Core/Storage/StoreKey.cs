using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Registry.Core.Storage;

/// <summary>
/// The name of a document, or of a scope of blobs: escaped segments joined by <c>/</c>. What exists is legal on every
/// backend: each segment holds only <c>[a-z0-9._%-]</c>, is never empty and never starts with a dot, so that upper and
/// lower case stay apart on any disk and no path traversal can be written down. No backend escapes anything.
/// </summary>
public readonly record struct StoreKey : IComparable<StoreKey>
{
    /// <summary>
    /// The longest escaped segment, in bytes: a file name of 255 bytes less room for a backend's own suffix.
    /// </summary>
    public const int MaxSegmentBytes = 240;

    /// <summary>
    /// The longest escaped key, in bytes: the shortest limit of the backends (1,024 bytes of an object name) less room
    /// for prefix and blob name.
    /// </summary>
    public const int MaxKeyBytes = 900;

    /// <summary>Two hex digits follow it. Alone it is an empty segment, which no other text escapes to.</summary>
    internal const char Escape = '%';

    private static readonly SearchValues<char> Plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

    private readonly string? value;

    private StoreKey(string value) => this.value = value;

    /// <summary>The escaped key. Ordinal order of this text is the order of every listing.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, which names nothing.</exception>
    public string Value => value ?? throw new InvalidOperationException("A default StoreKey names nothing.");

    /// <summary>Escapes each segment and joins them.</summary>
    /// <exception cref="ArgumentException">
    /// No segment, invalid Unicode, or a segment or key that is too long.
    /// </exception>
    public static StoreKey Of(params ReadOnlySpan<string> segments) =>
        TryOf(segments, out var key)
            ? key
            : throw new ArgumentException(
                $"A key has at least one segment of valid Unicode, each at most {MaxSegmentBytes} bytes escaped, "
                    + $"{MaxKeyBytes} in all.",
                nameof(segments));

    /// <summary>As <see cref="Of"/>, but false where that throws: what is too long is refused, never cut.</summary>
    public static bool TryOf(ReadOnlySpan<string> segments, out StoreKey key)
    {
        key = default;
        if (segments.IsEmpty)
            return false;
        if (ArePlain(segments))
        {
            var joined = string.Join('/', segments!);
            if (joined.Length <= MaxKeyBytes)
                key = new StoreKey(joined);
            return joined.Length <= MaxKeyBytes;
        }

        var text = new StringBuilder();
        foreach (var segment in segments)
        {
            if (text.Length > 0)
                text.Append('/');
            var start = text.Length;
            if (!TryAppendEscaped(text, segment) || text.Length - start > MaxSegmentBytes || text.Length > MaxKeyBytes)
                return false;
        }

        key = new StoreKey(text.ToString());
        return true;
    }

    /// <summary>
    /// Reads an escaped key back, as a backend finds it in its own names. False when it is not one that
    /// <see cref="Of"/> writes.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? escaped, out StoreKey key)
    {
        key = default;
        if (string.IsNullOrEmpty(escaped) || escaped.Length > MaxKeyBytes)
            return false;

        // As most keys are: nothing of it is escaped, nor could be.
        if (!escaped.Contains(Escape))
        {
            foreach (var segment in escaped.AsSpan().Split('/'))
                if (segment.End.Value - segment.Start.Value > MaxSegmentBytes || !IsPlain(escaped.AsSpan(segment)))
                    return false;
            key = new StoreKey(escaped);
            return true;
        }

        var segments = escaped.Split('/');
        for (var i = 0; i < segments.Length; i++)
        {
            if (!TryUnescape(segments[i], out var plain))
                return false;
            segments[i] = plain;
        }

        // Writing it again is the one definition of what is canonical.
        return TryOf(segments, out key) && key.value == escaped;
    }

    /// <summary>The segments as they were given to <see cref="Of"/>.</summary>
    public IReadOnlyList<string> Segments()
    {
        var segments = Value.Split('/');
        for (var i = 0; i < segments.Length; i++)
            segments[i] = TryUnescape(segments[i], out var plain)
                ? plain
                : throw new InvalidOperationException($"'{Value}' is no key.");
        return segments;
    }

    /// <summary>
    /// True when this key lies below <paramref name="scope"/>: whole segments, so <c>a/bc</c> is not below <c>a/b</c>,
    /// and no key is below itself.
    /// </summary>
    public bool IsBelow(StoreKey scope) =>
        Value.Length > scope.Value.Length
            && Value[scope.Value.Length] == '/'
            && Value.StartsWith(scope.Value, StringComparison.Ordinal);

    /// <summary>Ordinal order of the escaped bytes.</summary>
    public int CompareTo(StoreKey other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => value ?? "";

    /// <summary>Ordinal order.</summary>
    public static bool operator <(StoreKey left, StoreKey right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >(StoreKey left, StoreKey right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator <=(StoreKey left, StoreKey right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >=(StoreKey left, StoreKey right) => left.CompareTo(right) >= 0;

    private static bool IsPlain(
        ReadOnlySpan<char> segment) => !segment.IsEmpty && segment[0] != '.' && !segment.ContainsAnyExcept(Plain);

    /// <summary>Whether nothing is to be escaped, as of most keys, and no segment is too long.</summary>
    private static bool ArePlain(ReadOnlySpan<string> segments)
    {
        foreach (var segment in segments)
            if (segment.Length > MaxSegmentBytes || !IsPlain(segment))
                return false;
        return true;
    }

    private static bool TryAppendEscaped(StringBuilder text, string segment)
    {
        if (segment.Length == 0)
        {
            text.Append(Escape);
            return true;
        }

        if (segment.Length > MaxSegmentBytes)
            return false;
        if (IsPlain(segment))
        {
            text.Append(segment);
            return true;
        }

        Span<byte> utf8 = stackalloc byte[4];
        var first = true;
        for (var rest = segment.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var consumed) != OperationStatus.Done)
                return false;
            rest = rest[consumed..];
            if (rune.IsBmp && Plain.Contains((char)rune.Value) && !(first && rune.Value == '.'))
                text.Append((char)rune.Value);
            else
                foreach (var b in utf8[..rune.EncodeToUtf8(utf8)])
                    text.Append(Escape).Append(Convert.ToHexStringLower([b]));
            first = false;
        }

        return true;
    }

    private static bool TryUnescape(string segment, [NotNullWhen(true)] out string? plain)
    {
        plain = segment;
        if (segment is [Escape])
        {
            plain = "";
            return true;
        }

        if (!segment.Contains(Escape))
            return segment.Length > 0;
        var bytes = new List<byte>(segment.Length);
        for (var i = 0; i < segment.Length; i++)
        {
            if (segment[i] != Escape)
            {
                bytes.Add((byte)segment[i]);
                continue;
            }

            if (i + 2 >= segment.Length
                || !byte.TryParse(segment.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, null, out var escaped))
                return false;
            bytes.Add(escaped);
            i += 2;
        }

        plain = Encoding.UTF8.GetString([.. bytes]);
        return true;
    }
}
