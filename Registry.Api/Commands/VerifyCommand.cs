using Registry.Api.Hosting;
using Registry.Core.Content;
using Registry.Core.Operations;

namespace Registry.Api.Commands;

/// <summary>Reads a whole registry and judges it.</summary>
internal sealed class VerifyCommand : Command
{
    private const string Storage = "--storage";
    private const string Repair = "--repair";

    public override string Name => "verify";

    public override string Summary => "reads everything that is stored and names what is damaged";

    public override string Help => """
        Usage: Registry.Api verify [--storage STORAGE] [options] [settings]

        Reads every index and every blob that an index names, and every app archive; computes each sha256, unpacks each package, and compares
        them with names, lengths and manifests. Each fault is a line on standard output: package, release, media type and digest, and what is
        wrong. It writes nothing, and may run while the registry serves and on read-only media. A storage that holds
        nothing is an error. Blobs that no index names are counted as garbage and are no fault.
        The settings are those of the service; --storage does what the setting STORAGE does.

        Options:
          --repair         afterwards discards uploads that nobody wrote to for COLLECTION__STAGEDIDLESECONDS. Garbage is left to the service,
                           which deletes a blob once it has seen it unreferenced for COLLECTION__GRACESECONDS. What is damaged stays as it is
          --parallel N     how many packages or archives are read at the same time; 8 by default

        Exit codes: 0 no fault; 1 faults, or the storage failed or holds nothing; 2 wrong usage.
        """;

    public override CommandSyntax Syntax { get; } = new() { Switches = [Repair], Options = [Storage, Parallelism.Option] };

    public override async Task<int> RunAsync(CommandArguments arguments, CommandConsole console, CancellationToken ct)
    {
        var parallel = Parallelism.Of(arguments);
        var settings = arguments.ToConfiguration();
        if (arguments.Find(Storage) is { } storage)
            settings[StorageSelection.Setting] = StorageSelection.Names.Contains(storage, StringComparer.OrdinalIgnoreCase)
                ? storage
                : throw new UsageException($"{Storage} is '{storage}'; it must be one of {string.Join(", ", StorageSelection.Names)}.");
        await using var registry = await OpenRegistry.OpenAsync(settings, writes: false, console, ct);

        var verification = new Verification(registry.Storage, parallel, finding => console.Tell(finding.ToString()));
        bool sound;
        await using (new ProgressReport(console, registry.Get<TimeProvider>(), elapsed => Describe(verification, elapsed)))
            sound = await verification.RunAsync(ct);
        var (read, garbage) = (verification.Read, verification.Garbage);
        await console.Output.WriteLineAsync(
            $"""
            Sound: {read.Packages} packages, {read.Archives} archives, {read.Blobs} blobs; {read.Bytes} bytes read.
            Garbage: {garbage.Blobs} blobs, {garbage.Bytes} bytes.
            Faults: {verification.Findings}.
            """);
        if (arguments.Has(Repair))
        {
            await using var repaired = await OpenRegistry.OpenAsync(settings, writes: true, console, ct);
            var discarded = await repaired.Storage.Blobs.DiscardAbandonedAsync(repaired.Get<CollectionOptions>().StagedIdle, ct);
            await console.Output.WriteLineAsync($"Discarded: {discarded} abandoned uploads.");
        }

        return sound ? ExitCode.Success : ExitCode.Failure;
    }

    private static string Describe(Verification verification, TimeSpan elapsed) =>
        $"{elapsed:hh\\:mm\\:ss}  read {verification.Read.Packages} packages, {verification.Read.Archives} archives, {verification.Read.Blobs} blobs, "
        + $"{ProgressReport.Size(verification.Read.Bytes)} ({ProgressReport.Rate(verification.Read.Bytes, elapsed)}); {verification.Findings} faults";
}
