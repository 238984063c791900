using System.Collections;
using System.Globalization;

namespace Registry.Api.Hosting;

/// <summary>What the log says of a request: a text for people, and the values by name for a log in JSON.</summary>
internal readonly record struct RequestLine(string Method, string Path, int Status, long? Bytes, double Milliseconds, bool Aborted)
    : IReadOnlyList<KeyValuePair<string, object?>>
{
    private const string Template = "{Method} {Path} {Status} {Bytes} bytes in {Milliseconds:F1} ms, aborted {Aborted}";

    /// <inheritdoc/>
    public int Count => 7;

    /// <inheritdoc/>
    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new(nameof(Method), Method),
        1 => new(nameof(Path), Path),
        2 => new(nameof(Status), Status),
        3 => new(nameof(Bytes), Bytes),
        4 => new(nameof(Milliseconds), Milliseconds),
        5 => new(nameof(Aborted), Aborted),
        6 => new("{OriginalFormat}", Template),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    /// <inheritdoc/>
    public override string ToString() => Bytes is { } bytes
        ? string.Create(CultureInfo.InvariantCulture, $"{Method} {Path} {Status} {bytes} bytes in {Milliseconds:F1} ms, aborted {Aborted}")
        : string.Create(CultureInfo.InvariantCulture, $"{Method} {Path} {Status} (null) bytes in {Milliseconds:F1} ms, aborted {Aborted}");

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
