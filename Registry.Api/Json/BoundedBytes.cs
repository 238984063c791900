using System.Buffers;
using System.Text;

namespace Registry.Api.Json;

/// <summary>
/// Collects bytes up to a limit. Further bytes are discarded, and <see cref="Overflowed"/> is set.
/// </summary>
/// <param name="maxBytes">The limit, in bytes.</param>
internal sealed class BoundedBytes(int maxBytes) : ITextSink
{
    private readonly ArrayBufferWriter<byte> bytes = new();

    /// <summary>Whether the limit was exceeded.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>The collected bytes.</summary>
    public ReadOnlySpan<byte> Written => bytes.WrittenSpan;

    /// <summary>Appends bytes.</summary>
    public void Append(ReadOnlySpan<byte> more)
    {
        var room = maxBytes - bytes.WrittenCount;
        Overflowed |= more.Length > room;
        bytes.Write(more[..Math.Min(room, more.Length)]);
    }

    /// <inheritdoc/>
    public ValueTask AppendAsync(ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
    {
        Append(text.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Returns the collected bytes as text; null if they are not valid UTF-8, unless the limit was exceeded.
    /// </summary>
    public string? ToText()
    {
        if (Overflowed || System.Text.Unicode.Utf8.IsValid(Written))
            return Encoding.UTF8.GetString(Written);
        return null;
    }
}
