using Registry.Api.Hosting;
using Registry.Core.Operations;

namespace Registry.Api.Commands;

/// <summary>Copies a whole registry from one storage to another.</summary>
internal sealed class MigrateCommand : Command
{
    private const string From = "--from";
    private const string To = "--to";
    private const string Overwrite = "--overwrite";
    private const string NoReadBack = "--no-read-back";

    public override string Name => "migrate";

    public override string Summary => "copies a whole registry from one storage to another";

    public override string Help => $"""
        Usage: Registry.Api migrate --from STORAGE --to STORAGE [options] [settings]

        Copies every package with its channels and every app archive, byte for byte and with all times, and verifies the copy.
        STORAGE is one of those that the setting STORAGE knows: {string.Join(", ", StorageSelection.Names)}. What is at the target already
        is not copied again: after a failure, or when the source has changed meanwhile, run it again. Nothing is ever removed.

        The settings of both storages are read as the service reads them: FILESYSTEM__PATH, --Redis:Configuration=… Where both
        sides need a setting of one name, put the side before it: --from:Filesystem:Path=… and --to:Filesystem:Path=…, or
        FROM__FILESYSTEM__PATH and TO__FILESYSTEM__PATH. Such a setting counts for its side alone, and more than one without.

        Options:
          --overwrite      packages and archives that differ at the target are replaced; without it they are named and left
          --no-read-back   the copy is verified by documents, lengths and times alone, and its blobs are not read back
          --parallel N     how many packages or archives are copied at the same time; 8 by default

        Findings and the summary go to standard output, progress to standard error.

        Exit codes: 0 all that the source holds is at the target; 1 it is not, or a storage failed; 2 wrong usage.
        """;

    public override CommandSyntax Syntax { get; } =
        new() { Switches = [Overwrite, NoReadBack], Options = [From, To, Parallelism.Option] };

    public override async Task<int> RunAsync(CommandArguments arguments, CommandConsole console, CancellationToken ct)
    {
        var options = new MigrationOptions
        {
            Overwrite = arguments.Has(Overwrite),
            ReadBack = !arguments.Has(NoReadBack),
            Parallel = Parallelism.Of(arguments),
        };
        var settings = arguments.ToConfiguration();
        var (from, to) = (SideOf(settings, arguments, From), SideOf(settings, arguments, To));
        await using var source = await OpenRegistry.OpenAsync(from, writes: false, console, ct);
        await using var target = await OpenRegistry.OpenAsync(to, writes: true, console, ct);

        var migration = new Migration(source.Storage, target.Storage, options, finding => console.Tell(finding.ToString()));
        bool whole;
        await using (new ProgressReport(console, target.Get<TimeProvider>(), elapsed => Describe(migration, elapsed)))
            whole = await migration.RunAsync(ct);
        await console.Output.WriteLineAsync(Summarize(migration, options));
        return whole ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>The settings of one side: those that are said for it alone before the common ones.</summary>
    private static IConfiguration SideOf(IConfiguration settings, CommandArguments arguments, string side)
    {
        var storage = arguments.Find(side) ?? throw new UsageException($"{side} is missing.");
        if (!StorageSelection.Names.Contains(storage, StringComparer.OrdinalIgnoreCase))
            throw new UsageException($"{side} is '{storage}'; it must be one of {string.Join(", ", StorageSelection.Names)}.");
        return new ConfigurationBuilder()
            .AddConfiguration(settings)
            .AddConfiguration(settings.GetSection(side.TrimStart('-')))
            .AddInMemoryCollection([new(StorageSelection.Setting, storage)])
            .Build();
    }

    private static string Describe(Migration migration, TimeSpan elapsed)
    {
        var (copied, present, verified) = (migration.Copied, migration.Present, migration.Verified);
        return $"{elapsed:hh\\:mm\\:ss}  copied {copied.Packages} packages, {copied.Archives} archives, {copied.Blobs} blobs, "
            + $"{ProgressReport.Size(copied.Bytes)} ({ProgressReport.Rate(copied.Bytes, elapsed)}); there already {present.Packages} packages, {present.Archives} archives"
            + (verified.Blobs == 0 ? "" : $"; verified {verified.Packages} packages, {verified.Archives} archives, {ProgressReport.Size(verified.Bytes)}");
    }

    private static string Summarize(Migration migration, MigrationOptions options)
    {
        var (copied, present, verified, extra) = (migration.Copied, migration.Present, migration.Verified, migration.Extra);
        var how = options.ReadBack ? $"{verified.Bytes} bytes read back, every sha256 computed" : "lengths and times compared, nothing read back";
        return $"""
            Copied: {copied.Packages} packages, {copied.Archives} archives, {copied.Blobs} blobs, {copied.Bytes} bytes.
            There already: {present.Packages} packages, {present.Archives} archives, {present.Blobs} blobs.
            Verified at the target: {verified.Packages} packages, {verified.Archives} archives, {verified.Blobs} blobs; {how}.
            At the target alone: {extra.Packages} packages, {extra.Archives} archives.
            Findings: {migration.Findings}.
            """;
    }
}
