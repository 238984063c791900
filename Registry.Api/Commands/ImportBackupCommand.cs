using System.CommandLine;
using Registry.Api.Backups;
using Registry.Api.Hosting;

namespace Registry.Api.Commands;

/// <summary><c>import-backup</c>: brings in what the reference server, or <c>export-backup</c>, saved.</summary>
internal sealed class ImportBackupCommand : RegistryCommand
{
    private readonly Argument<string> file = new("FILE") { Description = "The backup; - for standard input" };

    private readonly Option<bool> force =
        CommandOptions.Switch("--force", "Replace releases that are there with another content");

    public ImportBackupCommand()
        : base("import-backup", "Import a backup of a cn-app-registry or appr server, or of export-backup", """
            Imports the JSON that a cn-app-registry or appr server writes as its backup, or that export-backup writes: packages with the times
            of their pushes, and channels. The registry is the one that the settings name; it may serve meanwhile.

            What is there already stays: to import the same backup again changes nothing. A release that is there with another content is named,
            and left alone. Each content is checked against the digest and size that the backup gives for it. What cannot be imported is named,
            and the rest goes on. Channels that the old server left behind when their release was deleted give a warning.
            Progress goes to standard error.

            Exit codes: 0 everything in the backup is in the registry; 1 anything is not, or the storage failed; 2 wrong usage.
            """)
    {
        Arguments.Add(file);
        Options.Add(force);
    }

    /// <summary>What <c>-</c> reads.</summary>
    public Func<Stream> Input { get; init; } = Console.OpenStandardInput;

    /// <inheritdoc/>
    public override async Task<int> RunAsync(
        ParseResult arguments, IConfigurationRoot settings, CommandConsole console, CancellationToken cancellationToken)
    {
        var path = arguments.GetRequiredValue(file);
        await using var backup = path == BackupFile.Standard ? Input() : BackupFile.OpenRead(path);
        await using var registry =
            await OpenRegistry.OpenAsync(settings, writes: true, new CommandLog(console), cancellationToken);
        var import = new BackupImport(registry, arguments.GetValue(force), console.Tell);
        var isRead = false;
        try
        {
            await using (new ProgressReport(console, registry.Time, _ => import.Progress))
                await import.RunAsync(backup, cancellationToken);
            isRead = true;
            return import.Failed == 0 ? ExitCode.Success : ExitCode.Failure;
        }
        catch (InvalidDataException broken)
        {
            await console.WriteErrorAsync(
                import.HasBegun
                    ? $"{broken.Message} What came before is imported, but for its channels."
                    : broken.Message);
            return ExitCode.Failure;
        }
        finally
        {
            // After a failure, only what was done is worth telling.
            if (isRead || import.HasBegun)
                await console.Output.WriteLineAsync(import.Summary);
        }
    }
}
