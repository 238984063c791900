using System.CommandLine;
using Registry.Api.Backups;
using Registry.Api.Cnr;
using Registry.Api.Hosting;

namespace Registry.Api.Commands;

/// <summary>
/// <c>export-backup</c>: saves all packages and channels in one file that the reference server can restore.
/// </summary>
internal sealed class ExportBackupCommand : RegistryCommand
{
    private readonly Argument<string> file = new("FILE") { Description = "Where to write; - for standard output" };

    private readonly Option<string?> dialect = CommandOptions.OneOf(
        "--dialect", "cnr|appr", "The generation of servers that shall restore it: cnr (0.2.7, the default) or appr "
            + "(0.7.4)", ["cnr", "appr"]);

    public ExportBackupCommand()
        : base("export-backup", "Write all packages and channels as a backup of a cn-app-registry or appr server", """
            Writes every package, with its contents, and every channel as one JSON, the form that import-backup reads and that cn-app-registry and
            appr servers restore. App archives have no place in it. The registry is the one that the settings name; it may serve meanwhile. An
            unchanged registry gives the same bytes.

            The file is put in its place when it is whole and on the disk. Each content is checked against its digest; what is damaged is named
            and left out, and the file then is FILE.incomplete. Progress goes to standard error.

            Exit codes: 0 everything is in the backup; 1 anything is not, or the storage failed; 2 wrong usage.
            """)
    {
        Arguments.Add(file);
        Options.Add(dialect);
    }

    /// <summary>What <c>-</c> writes.</summary>
    public Func<Stream> Output { get; init; } = Console.OpenStandardOutput;

    /// <inheritdoc/>
    public override async Task<int> RunAsync(
        ParseResult arguments, IConfigurationRoot settings, CommandConsole console, CancellationToken cancellationToken)
    {
        var form =
            "appr".Equals(arguments.GetValue(dialect), StringComparison.OrdinalIgnoreCase) ? Dialect.Appr : Dialect.Cnr;
        var path = arguments.GetRequiredValue(file);
        var told = path == BackupFile.Standard ? console.Error : console.Output;
        await using var registry =
            await OpenRegistry.OpenAsync(settings, writes: false, new CommandLog(console), cancellationToken);
        var export = new BackupExport(registry, form, told.WriteLine);
        var place = BackupFile.Standard;
        await using (new ProgressReport(console, registry.Time, _ => export.Summary))
            if (path == BackupFile.Standard)
                await WriteToStandardAsync(export, cancellationToken);
            else
                place = await BackupFile.WriteAsync(path, async output =>
                {
                    await export.WriteAsync(output, cancellationToken);
                    return export.Failed == 0;
                });
        await told.WriteLineAsync($"{export.Summary} Written to {place}");
        return export.Failed == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private async Task WriteToStandardAsync(BackupExport export, CancellationToken cancellationToken)
    {
        await using var output = new BufferedStream(Output());
        await export.WriteAsync(output, cancellationToken);
    }
}
