using System.Diagnostics.CodeAnalysis;
using Registry.Core.Content;

namespace Registry.Core.Charts;

/// <summary>
/// Reads a Chart.yaml with the types and conversions of Helm, so that what it accepts does not break the index of a
/// repository. Unknown fields are ignored.
/// </summary>
public static class ChartReader
{
    /// <summary>The file that makes an archive a chart.</summary>
    public static FileSearch File { get; } = new("Chart.yaml", YamlReader.MaxBytes);

    /// <summary>Reads the file that an upload has looked for.</summary>
    /// <param name="file">The result of the search for <see cref="File"/>.</param>
    /// <param name="metadata">The metadata, if the archive is a chart.</param>
    /// <param name="reason">Why it is not, as a sentence that may reach the client; otherwise null.</param>
    public static bool TryRead(
        FoundFile file,
        [NotNullWhen(true)] out ChartMetadata? metadata,
        [NotNullWhen(false)] out string? reason)
    {
        ArgumentNullException.ThrowIfNull(file);
        metadata = null;
        reason = file.Outcome switch
        {
            FileOutcome.Found => null,
            FileOutcome.TooLarge => $"The Chart.yaml is larger than {File.MaxBytes} bytes.",
            FileOutcome.Ambiguous => "The archive contains several Chart.yaml files where one is expected.",
            _ => "The archive contains no Chart.yaml, neither in its first folder nor without a folder.",
        };
        return reason is null && TryRead(file.Bytes.Span, out metadata, out reason);
    }

    /// <summary>Reads the bytes of a Chart.yaml.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="metadata">The metadata, if Helm accepts them.</param>
    /// <param name="reason">Why it does not, as a sentence that may reach the client; otherwise null.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> bytes,
        [NotNullWhen(true)] out ChartMetadata? metadata,
        [NotNullWhen(false)] out string? reason)
    {
        try
        {
            var draft = ChartDraft.Decode(YamlReader.Read(bytes));
            draft.Validate();
            metadata = ChartMetadata.Parse(draft.ToJson());
            reason = null;
            return true;
        }
        catch (ChartFormatException exception)
        {
            metadata = null;
            reason = $"Chart.yaml: {exception.Message}";
            return false;
        }
    }
}
