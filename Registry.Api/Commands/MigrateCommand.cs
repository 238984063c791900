using System.CommandLine;
using Registry.Api.Hosting;
using Registry.Api.Text;
using Registry.Core.Maintenance;

namespace Registry.Api.Commands;

/// <summary>Copies a whole registry from one storage to another.</summary>
internal sealed class MigrateCommand : RegistryCommand
{
    private const string From = "from";
    private const string To = "to";

    private readonly Option<string?> from =
        CommandOptions.Storage($"--{From}", "The storage to copy from", isRequired: true);
    private readonly Option<string?> to = CommandOptions.Storage($"--{To}", "The storage to copy to", isRequired: true);

    private readonly Option<bool> overwrite = CommandOptions.Switch(
        "--overwrite", "Replace packages and archives that differ at the target. Without it they are named and left");

    private readonly Option<bool> noReadBack = CommandOptions.Switch(
        "--no-read-back", "Verify the copy by documents, lengths and times alone, without reading its blobs back");

    private readonly Option<int> parallel = CommandOptions.Parallel();

    public MigrateCommand()
        : base("migrate", "Copy a whole registry from one storage to another", $"""
            Copies every package with its channels and every app archive, byte for byte and with all times, and verifies the copy.
            STORAGE is one of {string.Join(", ", StorageSelection.Names)}. What is at the target already is not copied again:
            after a failure, or when the source has changed meanwhile, run it again. Nothing is ever removed.

            The settings of both storages are read as the service reads them: FILESYSTEM__PATH, --Redis:Configuration=… Where both
            sides need a setting of one name, put the side before it: --from:Filesystem:Path=… and --to:Filesystem:Path=…, or
            FROM__FILESYSTEM__PATH and TO__FILESYSTEM__PATH. Such a setting counts for its side alone, and more than one without.

            Findings and the summary go to standard output, progress to standard error.

            Exit codes: 0 all that the source holds is at the target; 1 it is not, or a storage failed; 2 wrong usage.
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
            From, SideOf(settings, From, arguments.GetValue(from)), writes: false, console, cancellationToken);
        await using var target =
            await OpenAsync(To, SideOf(settings, To, arguments.GetValue(to)), writes: true, console, cancellationToken);

        var migration =
            new Migration(source.Storage, target.Storage, options, finding => console.Tell(finding.ToString()));
        bool whole;
        await using (new ProgressReport(console, target.Time, elapsed => Describe(migration, elapsed)))
            whole = await migration.RunAsync(cancellationToken);
        if (!migration.IsRefused)
            await console.Output.WriteLineAsync(Summarize(migration, options));
        return whole ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>The settings of one side: those that are given for it alone before the common ones.</summary>
    private static IConfigurationRoot SideOf(
        IConfiguration settings, string side, string? storage) => new ConfigurationBuilder()
        .AddConfiguration(settings)
        .AddConfiguration(settings.GetSection(side))
        .AddInMemoryCollection([new(StorageSelection.Setting, storage)])
        .Build();

    private static async Task<OpenRegistry> OpenAsync(
        string side,
        IConfigurationRoot settings,
        bool writes,
        CommandConsole console,
        CancellationToken cancellationToken)
    {
        try
        {
            return await OpenRegistry.OpenAsync(settings, writes, new CommandLog(console), cancellationToken);
        }
        catch (StartupException wrong)
        {
            throw new StartupException($"--{side}: {wrong.Message}");
        }
    }

    private static string Describe(Migration migration, TimeSpan elapsed)
    {
        var (copied, present, verified) = (migration.Copied, migration.Present, migration.Verified);
        return $"{elapsed:hh\\:mm\\:ss}  copied {Count.Of(copied.Packages, "package")}, "
            + $"{Count.Of(copied.Archives, "archive")}, {Count.Of(copied.Blobs, "blob")}, "
            + $"{ByteSize.Of(copied.Bytes)} ({ByteSize.Rate(copied.Bytes, elapsed)}); "
            + $"there already {Count.Of(present.Packages, "package")}, {Count.Of(present.Archives, "archive")}"
            + (verified.Blobs == 0
                ? ""
                : $"; verified {Count.Of(verified.Packages, "package")}, {Count.Of(verified.Archives, "archive")}, "
                    + $"{ByteSize.Of(verified.Bytes)}");
    }

    private static string Summarize(Migration migration, MigrationOptions options)
    {
        var (copied, present, verified, extra) =
            (migration.Copied, migration.Present, migration.Verified, migration.Extra);
        var how = options.ReadBack
            ? $"{Count.Of(verified.Bytes, "byte")} read back, every sha256 computed"
            : "lengths and times compared, nothing read back";
        return $"""
            Copied: {Count.Of(copied.Packages, "package")}, {Count.Of(copied.Archives, "archive")}, {Count.Of(copied.Blobs, "blob")}, {Count.Of(copied.Bytes, "byte")}.
            There already: {Count.Of(present.Packages, "package")}, {Count.Of(present.Archives, "archive")}, {Count.Of(present.Blobs, "blob")}.
            Verified at the target: {Count.Of(verified.Packages, "package")}, {Count.Of(verified.Archives, "archive")}, {Count.Of(verified.Blobs, "blob")}; {how}.
            At the target alone: {Count.Of(extra.Packages, "package")}, {Count.Of(extra.Archives, "archive")}.
            Findings: {migration.Findings}.
            """;
    }
}
