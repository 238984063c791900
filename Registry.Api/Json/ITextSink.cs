namespace Registry.Api.Json;

/// <summary>Receives the text of a value as it arrives.</summary>
internal interface ITextSink
{
    /// <summary>
    /// Receives the next bytes of the text, in UTF-8 and unescaped. They are copied or written before the call
    /// completes.
    /// </summary>
    ValueTask AppendAsync(ReadOnlyMemory<byte> text, CancellationToken cancellationToken);
}
