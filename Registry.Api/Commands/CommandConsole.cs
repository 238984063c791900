using Registry.Api.Logging;

namespace Registry.Api.Commands;

/// <summary>Where a command tells what it does. Both writers may be used from many threads.</summary>
/// <param name="Output">What the command is for: findings and the summary.</param>
/// <param name="Error">Progress, warnings and errors.</param>
/// <param name="IsTerminal">Whether somebody looks at <paramref name="Error"/> while it is written.</param>
internal sealed record CommandConsole(TextWriter Output, TextWriter Error, bool IsTerminal)
{
    /// <summary>The process's own.</summary>
    public static CommandConsole System => new(Console.Out, Console.Error, !Console.IsErrorRedirected);

    /// <summary>Writes a line of output, in the place of whatever progress a terminal shows.</summary>
    public void Tell(string line)
    {
        const string StartAndEraseLine = "\r\e[K";
        if (IsTerminal)
            Error.Write(StartAndEraseLine);
        Output.WriteLine(LogText.Escape(line));
    }

    /// <summary>Writes an error of one or several lines, made safe to print.</summary>
    public Task WriteErrorAsync(string text) => Error.WriteLineAsync(LogText.EscapeLines(text, Environment.NewLine));
}
