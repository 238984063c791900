using System.CommandLine;
using Registry.Api.Backups;
using Registry.Api.Cnr;
using Registry.Api.Hosting;
using Registry.Api.Text;

namespace Registry.Api.Commands;

/// <summary>
/// <c>export-backup</c>: writes all packages and channels to one file that the reference server can restore.
/// </summary>
internal sealed class ExportBackupCommand : RegistryCommand
{
    private readonly Argument<string> file =
        new("FILE") { Description = "The backup to write, or - for standard output" };

    private readonly Option<string?> dialect = CommandOptions.OneOf(
        "--dialect", "cnr|appr", "The server that restores the backup: cnr (0.2.7, the default) or appr (0.7.4)",
        ["cnr", "appr"]);

    public ExportBackupCommand()
        : base("export-backup", "Write all packages and channels as a backup of a cn-app-registry or appr server", """
            Writes all packages, with their content, and all channels as one JSON file, which import-backup reads and
            cn-app-registry and appr servers restore. The format cannot represent packages that CNR cannot address, such
            as team/charts/app, or OCI manifests, tags and provenance files: they are reported and omitted. App archives
            and tokens are not included. The settings select the registry, which can keep serving. An unchanged registry
            produces the same bytes each time.

            The file replaces an existing one only when it is complete and flushed to disk. The digest of each package
            is checked; damaged data is reported and omitted, and the backup is then written to FILE.incomplete.
            Progress goes to standard error.

            Exit codes: 0 the backup has the releases of every package; 1 a package was omitted, data is damaged, or the
            storage failed; 2 usage error.
            """)
    {
        Arguments.Add(file);
        Options.Add(dialect);
    }

    /// <summary>Opens the stream that <c>-</c> stands for.</summary>
    public Func<Stream> Output { get; init; } = Console.OpenStandardOutput;

    /// <inheritdoc/>
    public override async Task<int> RunAsync(
        ParseResult arguments, IConfigurationRoot settings, CommandConsole console, CancellationToken cancellationToken)
    {
        var format =
            "appr".Equals(arguments.GetValue(dialect), StringComparison.OrdinalIgnoreCase) ? Dialect.Appr : Dialect.Cnr;
        var path = arguments.GetRequiredValue(file);
        var messages = path == BackupFile.Standard ? console.Error : console.Output;
        await using var registry =
            await CommandRegistry.OpenAsync(settings, writes: false, new CommandLog(console), cancellationToken);
        var export = new BackupExport(registry, format, messages.WriteLine);
        var written = BackupFile.Standard;
        var left = new RemainingTime();
        await using (new ProgressReport(console, registry.Time, elapsed => Describe(export, left, elapsed)))
            if (path == BackupFile.Standard)
                await WriteToStandardAsync(export, cancellationToken);
            else
                written = await BackupFile.WriteAsync(path, async output =>
                {
                    await export.WriteAsync(output, cancellationToken);
                    return export.Failed == 0;
                });
        await messages.WriteLineAsync($"{export.Summary} Written to {written}");
        return export.Failed + export.Omitted == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static string Describe(BackupExport export, RemainingTime left, TimeSpan elapsed)
    {
        var (done, total) = export.Packages;
        return $"{Duration.Of(elapsed)}  packages {left.Describe("packages", done, total, elapsed)}; {export.Summary}";
    }

    private async Task WriteToStandardAsync(BackupExport export, CancellationToken cancellationToken)
    {
        await using var output = new BufferedStream(Output());
        await export.WriteAsync(output, cancellationToken);
    }
}
