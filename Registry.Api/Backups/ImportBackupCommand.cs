using Registry.Api.Commands;

namespace Registry.Api.Backups;

/// <summary><c>import-backup</c>: brings in what the reference server, or <c>export-backup</c>, saved.</summary>
internal sealed class ImportBackupCommand : Command
{
    private const string Force = "--force";

    /// <summary>What <c>-</c> reads.</summary>
    public Func<Stream> Input { get; init; } = Console.OpenStandardInput;

    /// <inheritdoc/>
    public override string Name => "import-backup";

    /// <inheritdoc/>
    public override string Summary => "takes in a backup of a cn-app-registry or appr server, or of export-backup";

    /// <inheritdoc/>
    public override string Help => """
        Usage: Registry.Api import-backup FILE [--force] [--Section:Name=value …]

        Imports the JSON that a cn-app-registry or appr server writes as its backup, or that export-backup writes: packages with the times
        of their pushes, and channels. FILE is - for standard input. The registry is the one that the settings name; it may serve meanwhile.

        What is there already stays: to import the same backup again changes nothing. A release that is there with another content is named,
        and left alone. Each content is checked against the digest and size that the backup gives for it. What cannot be imported is named,
        and the rest goes on. Progress goes to standard error.

          --force   replace releases that are there with another content

        Exit code 0 when everything in the backup is in the registry, 1 when anything is not, 2 when the arguments cannot be used.
        """;

    /// <inheritdoc/>
    public override CommandSyntax Syntax { get; } = new() { Switches = [Force], Operands = ["FILE"] };

    /// <inheritdoc/>
    public override async Task<int> RunAsync(CommandArguments arguments, CommandConsole console, CancellationToken ct)
    {
        await using var backup = arguments.Operands[0] == BackupFile.Standard ? Input() : BackupFile.OpenRead(arguments.Operands[0]);
        await using var registry = await OpenRegistry.OpenAsync(arguments.ToConfiguration(), writes: true, console, ct);
        var import = new BackupImport(registry, arguments.Has(Force), console.Tell);
        try
        {
            await using (new ProgressReport(console, registry.Get<TimeProvider>(), _ => import.Progress))
                await import.RunAsync(backup, ct);
            return import.Failed == 0 ? ExitCode.Success : ExitCode.Failure;
        }
        catch (InvalidDataException broken)
        {
            await console.WriteErrorAsync($"{broken.Message} What came before is imported, but for its channels.");
            return ExitCode.Failure;
        }
        finally
        {
            await console.Output.WriteLineAsync(import.Summary);
        }
    }
}
