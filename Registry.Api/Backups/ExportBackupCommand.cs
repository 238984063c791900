using Registry.Api.Cnr;
using Registry.Api.Commands;

namespace Registry.Api.Backups;

/// <summary><c>export-backup</c>: saves all packages and channels in one file that the reference server can restore.</summary>
internal sealed class ExportBackupCommand : Command
{
    private const string DialectOption = "--dialect";

    /// <summary>What <c>-</c> writes.</summary>
    public Func<Stream> Output { get; init; } = Console.OpenStandardOutput;

    /// <inheritdoc/>
    public override string Name => "export-backup";

    /// <inheritdoc/>
    public override string Summary => "writes all packages and channels as a backup of a cn-app-registry or appr server";

    /// <inheritdoc/>
    public override string Help => """
        Usage: Registry.Api export-backup FILE [--dialect cnr|appr] [--Section:Name=value …]

        Writes every package, with its contents, and every channel as one JSON, the form that import-backup reads and that cn-app-registry and appr
        servers restore. App archives have no place in it. FILE is - for standard output. The registry is the one that the settings name; it may
        serve meanwhile. An unchanged registry gives the same bytes.

        The file is put in its place when it is whole and on the disk. Each content is checked against its digest; what is damaged is named
        and left out, and the file then is FILE.incomplete. Progress goes to standard error.

          --dialect   the generation of servers that shall restore it: cnr (0.2.7, the default) or appr (0.7.4)

        Exit code 0 when everything is in the backup, 1 when anything is not, 2 when the arguments cannot be used.
        """;

    /// <inheritdoc/>
    public override CommandSyntax Syntax { get; } = new() { Options = [DialectOption], Operands = ["FILE"] };

    /// <inheritdoc/>
    public override async Task<int> RunAsync(CommandArguments arguments, CommandConsole console, CancellationToken ct)
    {
        var dialect = arguments.Find(DialectOption) switch
        {
            null or "cnr" => Dialect.Cnr,
            "appr" => Dialect.Appr,
            var other => throw new UsageException($"{DialectOption} is '{other}'; it is cnr or appr."),
        };
        var file = arguments.Operands[0];
        var told = file == BackupFile.Standard ? console.Error : console.Output;
        await using var registry = await OpenRegistry.OpenAsync(arguments.ToConfiguration(), writes: false, console, ct);
        var export = new BackupExport(registry, dialect, told.WriteLine);
        var place = BackupFile.Standard;
        await using (new ProgressReport(console, registry.Get<TimeProvider>(), _ => export.Summary))
            if (file == BackupFile.Standard)
                await WriteToStandardAsync(export, ct);
            else
                place = await BackupFile.WriteAsync(file, async output =>
                {
                    await export.WriteAsync(output, ct);
                    return export.Failed == 0;
                });
        await told.WriteLineAsync($"{export.Summary} Written to {place}");
        return export.Failed == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private async Task WriteToStandardAsync(BackupExport export, CancellationToken ct)
    {
        await using var output = new BufferedStream(Output());
        await export.WriteAsync(output, ct);
    }
}
