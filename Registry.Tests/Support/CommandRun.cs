using Registry.Api.Commands;

namespace Registry.Tests.Support;

/// <summary>What came of a command that was run in this process.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
internal sealed record CommandRun(int Code, string Output, string Error)
{
    /// <summary>Runs a command to its end.</summary>
    public static async Task<CommandRun> OfAsync(RegistryCommand command, params IEnumerable<string> arguments)
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
