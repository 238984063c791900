namespace Registry.Core.Charts;

/// <summary>A file of a chart is rejected. Caught within this folder; callers get the reason.</summary>
/// <param name="reason">The reason, as a sentence.</param>
internal sealed class ChartFormatException(string reason) : FormatException(reason);
