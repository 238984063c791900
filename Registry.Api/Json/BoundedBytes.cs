using System.Buffers;
using System.Text;

namespace Registry.Api.Json;

/// <summary>
/// Gathers bytes up to a limit. What comes after that is forgotten, and <see cref="Overflown"/> tells.
/// </summary>
/// <param name="maxBytes">The limit, in bytes.</param>
internal sealed class BoundedBytes(int maxBytes) : ITextSink
{
    private readonly ArrayBufferWriter<byte> bytes = new();

    /// <summary>True when there was more than the limit.</summary>
    public bool Overflown { get; private set; }

    /// <summary>What was gathered.</summary>
    public ReadOnlySpan<byte> Written => bytes.WrittenSpan;

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> more)
    {
        var room = maxBytes - bytes.WrittenCount;
        Overflown |= more.Length > room;
        bytes.Write(more[..Math.Min(room, more.Length)]);
    }

    /// <inheritdoc/>
    public ValueTask AppendAsync(ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
    {
        Append(text.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>What was gathered, as text: null when it is not valid UTF-8.</summary>
    public string? ToText()
    {
        if (Overflown || System.Text.Unicode.Utf8.IsValid(Written))
            return Encoding.UTF8.GetString(Written);
        return null;
    }
}
