using Registry.Api.Logging;

namespace Registry.Api.Commands;

/// <summary>The output of a command. Both writers may be used from many threads.</summary>
/// <param name="Output">Receives findings and the summary.</param>
/// <param name="Error">Receives progress, warnings and errors.</param>
/// <param name="IsTerminal">Whether <paramref name="Error"/> is a terminal.</param>
internal sealed record CommandConsole(TextWriter Output, TextWriter Error, bool IsTerminal)
{
    /// <summary>The console of the process.</summary>
    public static CommandConsole System => new(Console.Out, Console.Error, !Console.IsErrorRedirected)
    {
        Width = Console.IsErrorRedirected || Console.WindowWidth < 2 ? int.MaxValue : Console.WindowWidth,
    };

    /// <summary>The number of characters in a line of the terminal; a longer line could not be updated.</summary>
    /// <value>Default unlimited.</value>
    public int Width { get; init; } = int.MaxValue;

    /// <summary>Writes a line of output, in place of the progress line of a terminal.</summary>
    public void WriteOutput(string line)
    {
        const string StartAndEraseLine = "\r\e[K";
        if (IsTerminal)
            Error.Write(StartAndEraseLine);
        Output.WriteLine(LogText.Escape(line));
    }

    /// <summary>Writes an error of one or several lines, escaped for printing.</summary>
    public Task WriteErrorAsync(string text) => Error.WriteLineAsync(LogText.EscapeLines(text, Environment.NewLine));
}
