using System.CommandLine;
using Registry.Api.Commands;

namespace Registry.Tests.Support;

/// <summary>The result of a command that was run in this process.</summary>
/// <param name="Code">The exit code.</param>
/// <param name="Output">The standard output.</param>
/// <param name="Error">The standard error.</param>
internal sealed record CommandRun(int Code, string Output, string Error)
{
    /// <summary>Runs a command to completion.</summary>
    public static async Task<CommandRun> OfAsync(Command command, params IEnumerable<string> arguments)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var console =
            new CommandConsole(TextWriter.Synchronized(output), TextWriter.Synchronized(error), IsTerminal: false);
        var code = await CommandLine.RunAsync(
            () => [command],
            [command.Name, .. arguments],
            console,
            static _ => throw new InvalidOperationException("No command was found in the arguments."),
            CancellationToken.None);
        return new CommandRun(code, output.ToString(), error.ToString());
    }
}
