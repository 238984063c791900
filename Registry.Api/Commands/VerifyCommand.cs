using System.CommandLine;
using Registry.Api.Hosting;
using Registry.Api.Text;
using Registry.Core.Maintenance;

namespace Registry.Api.Commands;

/// <summary>Reads a whole registry and judges it.</summary>
internal sealed class VerifyCommand : RegistryCommand
{
    private readonly Option<string?> storage =
        CommandOptions.Storage(
            "--storage",
            "The storage to read, instead of the one that the setting STORAGE selects: "
                + $"{string.Join(", ", StorageSelection.Names)}",
            isRequired: false);

    private readonly Option<bool> repair = CommandOptions.Switch(
        "--repair",
        "Afterwards discard abandoned uploads: those whose process has died, and those that nobody wrote to for "
            + "COLLECTION__STAGEDIDLESECONDS. Garbage is left to the service. What is damaged stays as it is");

    private readonly Option<int> parallel = CommandOptions.Parallel();

    public VerifyCommand()
        : base("verify", "Read everything that is stored and name what is damaged", """
            Reads every index, every blob that an index names, and every app archive. It computes each sha256, unpacks each package, and compares
            them with names, lengths and manifests. Each fault is a line on standard output: package, release, media type and digest, and what is
            wrong. Nothing is changed, and the registry may serve meanwhile. The storage may be on read-only media. Blobs that no index names are counted as garbage and are no fault.

            Exit codes: 0 no fault; 1 faults, or the storage failed or holds nothing; 2 wrong usage.
            """)
    {
        Options.Add(storage);
        Options.Add(repair);
        Options.Add(parallel);
    }

    public override async Task<int> RunAsync(
        ParseResult arguments, IConfigurationRoot settings, CommandConsole console, CancellationToken cancellationToken)
    {
        if (arguments.GetValue(storage) is { } selected)
            settings[StorageSelection.Setting] = selected;
        await using var registry =
            await OpenRegistry.OpenAsync(settings, writes: false, new CommandLog(console), cancellationToken);

        var verification = new Verification(
            registry.Storage, arguments.GetValue(parallel), finding => console.Tell(finding.ToString()));
        bool sound;
        await using (new ProgressReport(console, registry.Time, elapsed => Describe(verification, elapsed)))
            sound = await verification.RunAsync(cancellationToken);
        var (read, garbage) = (verification.Read, verification.Garbage);
        await console.Output.WriteLineAsync(
            $"""
            Sound: {Count.Of(read.Packages, "package")}, {Count.Of(read.Archives, "archive")}, {Count.Of(read.Blobs, "blob")}; {Count.Of(read.Bytes, "byte")} read.
            Garbage: {Count.Of(garbage.Blobs, "blob")}, {Count.Of(garbage.Bytes, "byte")}.
            Faults: {verification.Findings}.
            """);
        if (arguments.GetValue(repair))
        {
            await using var repaired =
                await OpenRegistry.OpenAsync(settings, writes: true, new CommandLog(console), cancellationToken);
            var discarded =
                await repaired.Storage.Blobs.DiscardAbandonedAsync(repaired.Collection.StagedIdle, cancellationToken);
            await console.Output.WriteLineAsync($"Discarded: {Count.Of(discarded, "abandoned upload")}.");
        }

        return sound ? ExitCode.Success : ExitCode.Failure;
    }

    private static string Describe(Verification verification, TimeSpan elapsed)
    {
        var read = verification.Read;
        return $"{elapsed:hh\\:mm\\:ss}  read {Count.Of(read.Packages, "package")}, "
            + $"{Count.Of(read.Archives, "archive")}, {Count.Of(read.Blobs, "blob")}, "
            + $"{ByteSize.Of(read.Bytes)} ({ByteSize.Rate(read.Bytes, elapsed)}); "
                + $"{Count.Of(verification.Findings, "fault")}";
    }
}
