using System.CommandLine;
using Registry.Api.Hosting;
using Registry.Api.Text;
using Registry.Core.Maintenance;

namespace Registry.Api.Commands;

/// <summary>Copies a registry from one storage to another.</summary>
internal sealed class MigrateCommand : RegistryCommand
{
    private const string From = "from";
    private const string To = "to";

    private readonly Option<string?> from =
        CommandOptions.Storage($"--{From}", "The storage to copy from", isRequired: true);
    private readonly Option<string?> to = CommandOptions.Storage($"--{To}", "The storage to copy to", isRequired: true);

    private readonly Option<bool> overwrite = CommandOptions.Switch(
        "--overwrite",
        "Replace packages, archives and tokens that differ at the target. Without it they are reported and left "
            + "unchanged");

    private readonly Option<bool> noReadBack = CommandOptions.Switch(
        "--no-read-back", "Verify only documents, lengths and times, without reading blobs back from the target");

    private readonly Option<int> parallel = CommandOptions.Parallel();

    public MigrateCommand()
        : base("migrate", "Copy a registry from one storage to another", $"""
            Copies all packages with their channels, all app archives and all tokens, byte for byte and with all
            timestamps, and verifies the copy. STORAGE is one of {string.Join(", ", StorageSelection.Names)}.
            Entries that are already at the target are not copied again. After a failure, or if the source has changed,
            run it again. Nothing is removed from the target.

            Both storages use the settings of the service, such as FILESYSTEM__PATH or --Redis:Configuration=…
            If both sides need a setting of the same name, prefix it with the side: --from:Filesystem:Path=… and
            --to:Filesystem:Path=…, or FROM__FILESYSTEM__PATH and TO__FILESYSTEM__PATH. A prefixed setting applies to
            its side only, and takes precedence over the one without a prefix.

            Findings and the summary go to standard output, progress goes to standard error.

            Exit codes: 0 the target has everything; 1 something was not copied, or a storage failed; 2 usage error.
            """)
    {
        Options.Add(from);
        Options.Add(to);
        Options.Add(overwrite);
        Options.Add(noReadBack);
        Options.Add(parallel);
    }

    public override IReadOnlyList<string> Sides => [From, To];

    public override async Task<int> RunAsync(
        ParseResult arguments, IConfigurationRoot settings, CommandConsole console, CancellationToken cancellationToken)
    {
        var options = new MigrationOptions
        {
            Overwrite = arguments.GetValue(overwrite),
            ReadBack = !arguments.GetValue(noReadBack),
            Parallel = arguments.GetValue(parallel),
        };
        await using var source = await OpenAsync(
            From, SettingsOf(settings, From, arguments.GetValue(from)), writes: false, console, cancellationToken);
        await using var target = await OpenAsync(
            To, SettingsOf(settings, To, arguments.GetValue(to)), writes: true, console, cancellationToken);

        var migration =
            new Migration(source.Storage, target.Storage, options, finding => console.WriteOutput(finding.ToString()));
        bool isComplete;
        var left = new RemainingTime();
        await using (new ProgressReport(console, target.Time, elapsed => Describe(migration, left, elapsed)))
            isComplete = await migration.RunAsync(cancellationToken);
        if (!migration.IsRefused)
            await console.Output.WriteLineAsync(Summarize(migration, options));
        return isComplete ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>Returns the settings of one side. Those with its prefix take precedence.</summary>
    private static IConfigurationRoot SettingsOf(
        IConfiguration settings, string side, string? storage) => new ConfigurationBuilder()
        .AddConfiguration(settings)
        .AddConfiguration(settings.GetSection(side))
        .AddInMemoryCollection([new(StorageSelection.Setting, storage)])
        .Build();

    private static async Task<CommandRegistry> OpenAsync(
        string side,
        IConfigurationRoot settings,
        bool writes,
        CommandConsole console,
        CancellationToken cancellationToken)
    {
        try
        {
            return await CommandRegistry.OpenAsync(settings, writes, new CommandLog(console), cancellationToken);
        }
        catch (StartupException exception)
        {
            throw new StartupException($"--{side}: {exception.Message}");
        }
    }

    private static string Describe(Migration migration, RemainingTime left, TimeSpan elapsed)
    {
        var (copied, present, verified) = (migration.Copied, migration.Present, migration.Verified);
        var bytes = copied.Bytes + verified.Bytes;
        return $"{Duration.Of(elapsed)}  {left.Describe(migration.Progress, bytes, elapsed)}, "
            + $"{Count.Of(migration.Findings, "finding")}; "
            + $"copied {Count.Of(copied.Packages, "package")}, "
            + $"{Count.Of(copied.Archives, "archive")}, {Count.Of(copied.Blobs, "blob")}, {ByteSize.Of(copied.Bytes)}; "
            + $"already there {Count.Of(present.Packages, "package")}, {Count.Of(present.Archives, "archive")}"
            + (verified.Blobs == 0
                ? ""
                : $"; verified {Count.Of(verified.Packages, "package")}, {Count.Of(verified.Archives, "archive")}, "
                    + $"{ByteSize.Of(verified.Bytes)}");
    }

    private static string Summarize(Migration migration, MigrationOptions options)
    {
        var (copied, present, verified, extra) =
            (migration.Copied, migration.Present, migration.Verified, migration.Extra);
        var method = options.ReadBack
            ? $"{Count.Of(verified.Bytes, "byte")} read back, every sha256 computed"
            : "lengths and times compared, nothing read back";
        return $"""
            Copied: {Count.Of(copied.Packages, "package")}, {Count.Of(copied.Archives, "archive")}, {Count.Of(copied.Blobs, "blob")}, {Count.Of(copied.Bytes, "byte")}.
            Already at the target: {Count.Of(present.Packages, "package")}, {Count.Of(present.Archives, "archive")}, {Count.Of(present.Blobs, "blob")}.
            Verified at the target: {Count.Of(verified.Packages, "package")}, {Count.Of(verified.Archives, "archive")}, {Count.Of(verified.Blobs, "blob")}; {method}.
            Only at the target: {Count.Of(extra.Packages, "package")}, {Count.Of(extra.Archives, "archive")}.
            Tokens: {copied.Tokens} copied, {present.Tokens} already at the target, {verified.Tokens} verified, {extra.Tokens} only at the target.
            Findings: {migration.Findings}.
            """;
    }
}
