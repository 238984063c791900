using System.Runtime.InteropServices;
using System.Text;
using Registry.Api.Backups;
using Registry.Api.Hosting;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Api.Commands;

/// <summary>What the program was started for: to serve, unless its first argument is a command.</summary>
internal static class CommandLine
{
    /// <summary>A line for each.</summary>
    private static readonly Command[] Commands =
    [
        new MigrateCommand(),
        new VerifyCommand(),
        new ImportBackupCommand(),
        new ExportBackupCommand(),
    ];

    private static readonly string[] AsksForHelp = ["--help", "-h", "-?", "/?"];

    /// <summary>Runs the program.</summary>
    /// <returns>Its exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is [] || IsSetting(args[0]))
            return await RegistryApplication.RunAsync(args);
        using var stop = new Stop();
        var running = Task.Run(() => RunAsync(Commands, args, CommandConsole.System, stop.Token));
        if (await Task.WhenAny(running, stop.Overdue) == running)
            return await running;

        // It waits for something that cannot be cancelled, such as its standard input. A crash may come at any moment
        // too, and leaves nothing half done.
        await Console.Error.WriteLineAsync($"Stopped: '{args[0]}' is not done.");
        return ExitCode.Failure;
    }

    /// <summary>Runs one of several commands, the help among them.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<Command> commands, IReadOnlyList<string> args, CommandConsole console, CancellationToken ct)
    {
        if (args[0] == "help" || AsksForHelp.Contains(args[0]))
            return await HelpAsync(commands, args is [_, var about] ? about : null, console);
        if (commands.FirstOrDefault(command => command.Name == args[0]) is not { } chosen)
            return await UnknownAsync(commands, args[0], console);
        if (args.Skip(1).Any(AsksForHelp.Contains))
            return await HelpAsync(commands, chosen.Name, console);
        try
        {
            return await chosen.RunAsync(CommandArguments.Parse(chosen.Syntax, [.. args.Skip(1)]), console, ct);
        }
        catch (UsageException wrong)
        {
            await console.WriteErrorAsync($"{wrong.Message} 'Registry.Api {chosen.Name} --help' tells what can be given.");
            return ExitCode.Usage;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await console.WriteErrorAsync($"Stopped: '{chosen.Name}' is not done.");
            return ExitCode.Failure;
        }
        catch (StorageException fault)
        {
            await console.WriteErrorAsync($"The storage failed ({fault.Kind}): {fault.Message}");
            return ExitCode.Failure;
        }
        catch (Exception wrong) when (wrong is StartupException or RegistryException or IOException or UnauthorizedAccessException)
        {
            await console.WriteErrorAsync(wrong.Message);
            return ExitCode.Failure;
        }
    }

    /// <summary>Whether an argument is for the service: <c>--urls=…</c>, <c>/urls=…</c> and <c>urls=…</c> are settings, and what asks for help is not.</summary>
    private static bool IsSetting(string argument) =>
        !AsksForHelp.Contains(argument) && (argument is ['-' or '/', ..] || argument.Contains('=', StringComparison.Ordinal));

    private static async Task<int> HelpAsync(IReadOnlyList<Command> commands, string? about, CommandConsole console)
    {
        if (about is null)
            await console.Output.WriteLineAsync(Overview(commands));
        else if (commands.FirstOrDefault(command => command.Name == about) is { } command)
            await console.Output.WriteLineAsync(command.Help);
        else
            return await UnknownAsync(commands, about, console);
        return ExitCode.Success;
    }

    private static async Task<int> UnknownAsync(IReadOnlyList<Command> commands, string name, CommandConsole console)
    {
        var names = string.Join(", ", commands.Select(static command => command.Name));
        await console.WriteErrorAsync($"'{name}' is no command. There are: {names}, help. Without a command the registry serves.");
        return ExitCode.Usage;
    }

    private static string Overview(IReadOnlyList<Command> commands)
    {
        const int NameWidth = 16;
        var lines = new StringBuilder();
        foreach (var command in commands)
            lines.Append("  ").Append(command.Name.PadRight(NameWidth)).AppendLine(command.Summary);
        return $"""
            Usage: Registry.Api [--Section:Name=value …]             serves the registry
                   Registry.Api COMMAND [--Section:Name=value …]     does something else, and ends

            Commands:
            {lines}
            'Registry.Api COMMAND --help' tells more. Every setting is an environment variable too: SECTION__NAME=value.
            """;
    }

    /// <summary>Ctrl+C and SIGTERM: the first asks the command to stop, the next ends the process at once.</summary>
    private sealed class Stop : IDisposable
    {
        /// <summary>How long a command may take to stop.</summary>
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

        private readonly CancellationTokenSource source = new();
        private readonly TaskCompletionSource overdue = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly PosixSignalRegistration[] signals;

        public Stop() => signals = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Ask), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ask)];

        public CancellationToken Token => source.Token;

        /// <summary>Ends when the command was asked to stop and should have done so.</summary>
        public Task Overdue => overdue.Task;

        public void Dispose()
        {
            foreach (var signal in signals)
                signal.Dispose();
            source.Dispose();
        }

        private void Ask(PosixSignalContext signal)
        {
            signal.Cancel = !source.IsCancellationRequested;
            _ = Task.Delay(Patience).ContinueWith(_ => overdue.TrySetResult(), TaskScheduler.Default);
            source.Cancel();
        }
    }
}
