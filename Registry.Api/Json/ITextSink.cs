namespace Registry.Api.Json;

/// <summary>Takes the text of a value as it arrives.</summary>
internal interface ITextSink
{
    /// <summary>
    /// Takes the next bytes of the text, in UTF-8 and without escapes. They are copied or written before the call
    /// completes.
    /// </summary>
    ValueTask AppendAsync(ReadOnlyMemory<byte> text, CancellationToken cancellationToken);
}
