using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Registry.Api.Hosting;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Api.Commands;

/// <summary>Runs a command if the arguments name one; otherwise runs the service.</summary>
internal static class CommandLine
{
    /// <summary>How long an interrupted command may take to stop. Killing a command does no harm.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(0.8);

    /// <summary>
    /// The exit codes of a command that did not stop in time: 128 plus the number of SIGINT or SIGTERM.
    /// </summary>
    private static readonly int[] KilledCodes = [130, 143];

    /// <summary>Runs the program.</summary>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(string[] args) =>
        RunAsync(CreateCommands, args, CommandConsole.System, RegistryApplication.RunAsync, CancellationToken.None);

    /// <summary>Runs one of several commands, or the service.</summary>
    /// <param name="commands">Creates the commands. Not called if the service runs.</param>
    /// <param name="args">The arguments of the program.</param>
    /// <param name="console">The output of the command.</param>
    /// <param name="serve">Runs the service with settings, as <c>--name=value</c>.</param>
    /// <param name="cancellationToken">Stops the command, like SIGTERM.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        Func<IEnumerable<Command>> commands,
        IReadOnlyList<string> args,
        CommandConsole console,
        Func<string[], Task<int>> serve,
        CancellationToken cancellationToken)
    {
        try
        {
            var (settings, others) = CommandSettings.Split(args);
            return others is []
                ? await serve([.. settings])
                : await RunCommandAsync(CreateRoot(commands(), settings, console), others, console, cancellationToken);
        }
        catch (UsageException exception)
        {
            await console.WriteErrorAsync(exception.Message);
            return ExitCode.Usage;
        }
    }

    private static IEnumerable<Command> CreateCommands() =>
    [
        new MigrateCommand(),
        new VerifyCommand(),
        new ImportBackupCommand(),
        new ExportBackupCommand(),
        TokenCommand.CreateGroup(),
    ];

    private static RootCommand CreateRoot(
        IEnumerable<Command> commands, IReadOnlyList<string> settings, CommandConsole console)
    {
        var root =
            new RootCommand("Registry for Kubernetes application packages. Without a command, starts the server.");
        foreach (var command in commands)
            root.Add(command);
        foreach (var command in root.Subcommands.Concat(root.Subcommands.SelectMany(static group => group.Subcommands))
            .OfType<RegistryCommand>())
        {
            // A command may block before its first await, which must not keep the program from stopping.
            command.SetAction(
                (arguments, stop) =>
                    Task.Run(() => RunAsync(command, arguments, settings, console, stop), CancellationToken.None));
        }

        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new DetailedHelp((HelpAction)help.Action!);
        return root;
    }

    private static async Task<int> RunCommandAsync(
        RootCommand root, IReadOnlyList<string> args, CommandConsole console, CancellationToken cancellationToken)
    {
        if (args[0] == "help")
            args = [.. args.Skip(1), "--help"];
        var parsed =
            root.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        var command = parsed.CommandResult.Command;
        if (FindError(parsed) is { } error)
            throw new UsageException(
                $"{error} Run 'Registry.Api {(command == root ? "" : $"{NameOf(command)} ")}--help' for usage.");

        var code = await parsed.InvokeAsync(
            new InvocationConfiguration
            {
                Output = console.Output,
                Error = console.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = StopTimeout,
            },
            cancellationToken);
        return KilledCodes.Contains(code) ? await ReportInterruptedAsync(command, console) : code;
    }

    private static async Task<int> RunAsync(
        RegistryCommand command,
        ParseResult arguments,
        IReadOnlyList<string> settings,
        CommandConsole console,
        CancellationToken cancellationToken)
    {
        try
        {
            return await command.RunAsync(
                arguments, CommandSettings.Read(settings, command.Sides), console, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return await ReportInterruptedAsync(command, console);
        }
        catch (StorageException exception)
        {
            await console.WriteErrorAsync($"The storage failed ({exception.Kind}): {exception.Message}");
            return ExitCode.Failure;
        }
        catch (Exception exception) when (exception is StartupException or RegistryException or IOException
            or UnauthorizedAccessException)
        {
            await console.WriteErrorAsync(exception.Message);
            return ExitCode.Failure;
        }
    }

    private static async Task<int> ReportInterruptedAsync(Command command, CommandConsole console)
    {
        await console.WriteErrorAsync($"'{NameOf(command)}' was interrupted before it finished.");
        return ExitCode.Failure;
    }

    /// <summary>Returns the name of a command as it is typed, such as <c>token create</c>.</summary>
    private static string NameOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } group and not RootCommand
            ? $"{group.Name} {command.Name}"
            : command.Name;

    /// <summary>Returns the first error in the arguments, in one line; null if they are valid.</summary>
    private static string? FindError(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.Action is not DetailedHelp && FindUnknownOption(parsed) is { } option)
        {
            var known = command.Options.Select(static option => option.Name);
            if (command is RootCommand)
                known = known.Concat(SettingNames.Plain.Select(static setting => $"--{setting}"));
            return $"Unknown option '{option}'.{NearestName.Suggest(option, known)}";
        }

        if (parsed.UnmatchedTokens is [var unknown, ..])
        {
            if (command.Subcommands.Count > 0)
                return $"Unknown command '{unknown}'."
                    + NearestName.Suggest(unknown, command.Subcommands.Select(static known => known.Name));
            if (parsed.Action is not DetailedHelp)
                return $"Unexpected argument '{unknown}'.";
        }

        return parsed.Errors is [var first, ..] ? first.Message.ReplaceLineEndings(" ") : null;
    }

    /// <summary>
    /// Returns the first unknown option, or null. The parser treats unknown options as arguments, such as file names.
    /// </summary>
    private static string? FindUnknownOption(ParseResult parsed) => parsed.Tokens
        .TakeWhile(static token => token.Type != TokenType.DoubleDash)
        .FirstOrDefault(static token => token is { Type: TokenType.Argument, Value: ['-', _, ..] })
        ?.Value.Split('=', 2)[0];

    /// <summary>The help of the parser, followed by the settings and the details of the command.</summary>
    private sealed class DetailedHelp(HelpAction help) : SynchronousCommandLineAction
    {
        private const string Settings = """
            Settings:
              --Section:Name=value   Any setting of the registry, such as --Filesystem:Path=/srv/registry.
                                     Or set an environment variable: FILESYSTEM__PATH=/srv/registry.
            """;

        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            help.Invoke(parseResult);
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine(Settings);
            if (parseResult.CommandResult.Command is RegistryCommand command)
                output.WriteLine($"{Environment.NewLine}{command.Details}");
            else
                output.WriteLine($"{Environment.NewLine}Run 'Registry.Api COMMAND --help' for details of a command.");
            return ExitCode.Success;
        }
    }
}
