using System.CommandLine;
using Registry.Api.Backups;
using Registry.Api.Hosting;
using Registry.Api.Text;

namespace Registry.Api.Commands;

/// <summary><c>import-backup</c>: imports a backup of the reference server or of <c>export-backup</c>.</summary>
internal sealed class ImportBackupCommand : RegistryCommand
{
    private readonly Argument<string> file =
        new("FILE") { Description = "The backup to read, or - for standard input" };

    private readonly Option<bool> force =
        CommandOptions.Switch("--force", "Replace releases that exist with different content");

    public ImportBackupCommand()
        : base("import-backup", "Import a backup of a cn-app-registry or appr server, or of export-backup", """
            Imports the backup of a cn-app-registry or appr server, or of export-backup: packages with the times of
            their pushes, and channels. The settings select the registry, which can keep serving.

            Existing releases stay: importing the same backup again changes nothing. A release that exists with
            different content is reported and left unchanged. Each package is checked against the digest and size in
            the backup. Entries that cannot be imported are reported, and the import continues. A warning is printed
            for each channel whose current release no longer exists. Progress goes to standard error.

            Exit codes: 0 the registry has everything; 1 something was not imported, or the storage failed;
            2 usage error.
            """)
    {
        Arguments.Add(file);
        Options.Add(force);
    }

    /// <summary>Opens the stream that <c>-</c> stands for.</summary>
    public Func<Stream> Input { get; init; } = Console.OpenStandardInput;

    /// <inheritdoc/>
    public override async Task<int> RunAsync(
        ParseResult arguments, IConfigurationRoot settings, CommandConsole console, CancellationToken cancellationToken)
    {
        var path = arguments.GetRequiredValue(file);
        await using var backup = path == BackupFile.Standard ? Input() : BackupFile.OpenRead(path);
        await using var registry =
            await CommandRegistry.OpenAsync(settings, writes: true, new CommandLog(console), cancellationToken);
        var import = new BackupImport(registry, arguments.GetValue(force), console.WriteOutput);
        var isRead = false;
        try
        {
            var left = new RemainingTime();
            var length = backup.CanSeek ? backup.Length : 0;
            await using (new ProgressReport(
                console, registry.Time, elapsed => Describe(import, length, left, elapsed)))
                await import.RunAsync(backup, cancellationToken);
            isRead = true;
            return import.Failed == 0 ? ExitCode.Success : ExitCode.Failure;
        }
        catch (InvalidDataException exception)
        {
            await console.WriteErrorAsync(
                import.HasBegun
                    ? $"{exception.Message} The entries before it were imported, without their channels."
                    : exception.Message);
            return ExitCode.Failure;
        }
        finally
        {
            // If nothing was imported, there is nothing to summarize.
            if (isRead || import.HasBegun)
                await console.Output.WriteLineAsync(import.Summary);
        }
    }

    /// <param name="import">The import.</param>
    /// <param name="length">The length of the backup; 0 if it is unknown.</param>
    /// <param name="left">Estimates the time left.</param>
    /// <param name="elapsed">The time since the command began.</param>
    private static string Describe(BackupImport import, long length, RemainingTime left, TimeSpan elapsed)
    {
        var position = import.Position;
        var read = left.Describe("read", position, length, elapsed, static bytes => ByteSize.Of(bytes));
        return $"{Duration.Of(elapsed)}  read {read} ({ByteSize.Rate(position, elapsed)}); {import.Progress}";
    }
}
