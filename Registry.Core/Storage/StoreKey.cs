using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Registry.Core.Storage;

/// <summary>
/// The name of a document or of a scope of blobs: escaped segments joined by <c>/</c>. Every key is legal on every
/// backend: a segment contains only <c>[a-z0-9._%-]</c>, is never empty and never starts with a dot. So names that
/// differ only in case stay distinct on any disk, path traversal is impossible, and backends need no escaping.
/// </summary>
public readonly record struct StoreKey : IComparable<StoreKey>
{
    /// <summary>
    /// The maximum length of an escaped segment in bytes: a file name of 255 bytes minus space for a backend's suffix.
    /// </summary>
    public const int MaxSegmentBytes = 240;

    /// <summary>
    /// The maximum length of an escaped key in bytes: the lowest limit of the backends (1,024 bytes of an object name)
    /// minus space for the prefix and the blob name.
    /// </summary>
    public const int MaxKeyBytes = 900;

    /// <summary>The escape character, followed by two hex digits. Alone it stands for an empty segment.</summary>
    internal const char Escape = '%';

    private static readonly SearchValues<char> Plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

    private readonly string? value;

    private StoreKey(string value) => this.value = value;

    /// <summary>The escaped key. Its ordinal order is the order of every listing.</summary>
    /// <exception cref="InvalidOperationException">This is the default value.</exception>
    public string Value => value ?? throw new InvalidOperationException("The default StoreKey has no value.");

    /// <summary>Creates a key from unescaped segments.</summary>
    /// <exception cref="ArgumentException">
    /// There is no segment, a segment is not valid Unicode, or a segment or the key is too long.
    /// </exception>
    public static StoreKey Of(params ReadOnlySpan<string> segments) =>
        TryOf(segments, out var key)
            ? key
            : throw new ArgumentException(
                $"A key has at least one segment of valid Unicode, each at most {MaxSegmentBytes} bytes escaped, "
                    + $"{MaxKeyBytes} in all.",
                nameof(segments));

    /// <summary>
    /// Creates a key like <see cref="Of"/>, but returns false where that throws. A name is never truncated.
    /// </summary>
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

    /// <summary>Parses an escaped key. Returns false for a text that <see cref="Of"/> does not produce.</summary>
    public static bool TryParse([NotNullWhen(true)] string? escaped, out StoreKey key)
    {
        key = default;
        if (string.IsNullOrEmpty(escaped) || escaped.Length > MaxKeyBytes)
            return false;

        // The common case: nothing is escaped.
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

        // A key is canonical when escaping it again gives the same text.
        return TryOf(segments, out key) && key.value == escaped;
    }

    /// <summary>Returns the unescaped segments.</summary>
    public IReadOnlyList<string> Segments()
    {
        var segments = Value.Split('/');
        for (var i = 0; i < segments.Length; i++)
            segments[i] = TryUnescape(segments[i], out var plain)
                ? plain
                : throw new InvalidOperationException($"'{Value}' is not a valid key.");
        return segments;
    }

    /// <summary>
    /// Returns true when this key is below <paramref name="scope"/>. Whole segments count: <c>a/bc</c> is not below
    /// <c>a/b</c>, and no key is below itself.
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

    /// <summary>Returns true when nothing needs escaping, as in most keys, and no segment is too long.</summary>
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
