using System.CommandLine;
using Registry.Api.Hosting;
using Registry.Api.Text;
using Registry.Core.Maintenance;

namespace Registry.Api.Commands;

/// <summary>Checks everything that a registry stores.</summary>
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
        "Afterwards discard abandoned uploads: those whose process has died, and those that have been idle for "
            + "COLLECTION__STAGEDIDLESECONDS. A running registry collects garbage. Damaged data is never changed");

    private readonly Option<int> parallel = CommandOptions.Parallel();

    public VerifyCommand()
        : base("verify", "Read all stored data and report damage", """
            Reads every index, every referenced blob, every app archive and every token. Computes each sha256, unpacks
            each package, and compares them with names, lengths and manifests. Each finding is one line on standard
            output with package, release, media type and digest, and the problem. Unreferenced blobs are counted as
            garbage, not as findings.

            Only --repair changes anything. The registry can keep serving, and the storage may be read-only.

            Exit codes: 0 no findings; 1 findings, or the storage failed or is empty; 2 usage error.
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
            await CommandRegistry.OpenAsync(settings, writes: false, new CommandLog(console), cancellationToken);

        var verification = new Verification(
            registry.Storage, arguments.GetValue(parallel), finding => console.WriteOutput(finding.ToString()));
        bool isSound;
        var left = new RemainingTime();
        await using (new ProgressReport(console, registry.Time, elapsed => Describe(verification, left, elapsed)))
            isSound = await verification.RunAsync(cancellationToken);
        var (read, garbage) = (verification.Read, verification.Garbage);
        await console.Output.WriteLineAsync(
            $"""
            Sound: {Count.Of(read.Packages, "package")}, {Count.Of(read.Archives, "archive")}, {Count.Of(read.Blobs, "blob")}; {Count.Of(read.Bytes, "byte")} read.
            Tokens: {read.Tokens} sound.
            Garbage: {Count.Of(garbage.Blobs, "blob")}, {Count.Of(garbage.Bytes, "byte")}.
            Findings: {verification.Findings}.
            """);
        if (arguments.GetValue(repair))
        {
            await using var repaired =
                await CommandRegistry.OpenAsync(settings, writes: true, new CommandLog(console), cancellationToken);
            var discarded = await repaired.Collector.DiscardAbandonedAsync(cancellationToken);
            await console.Output.WriteLineAsync($"Discarded: {Count.Of(discarded, "abandoned upload")}.");
        }

        return isSound ? ExitCode.Success : ExitCode.Failure;
    }

    private static string Describe(Verification verification, RemainingTime left, TimeSpan elapsed)
    {
        var read = verification.Read;
        return $"{Duration.Of(elapsed)}  {left.Describe(verification.Progress, read.Bytes, elapsed)}, "
            + $"{Count.Of(verification.Findings, "finding")}; "
            + $"read {Count.Of(read.Packages, "package")}, "
            + $"{Count.Of(read.Archives, "archive")}, {Count.Of(read.Blobs, "blob")}";
    }
}
