using NUnit.Framework;
using Registry.Api.Commands;
using Registry.Api.Hosting;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Commands;

/// <summary>Runs the command over real folders, in this process.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class MigrateCommandTests : IDisposable
{
    private static readonly string[] OneBackend = ["--from", "filesystem", "--to", "FileSystem"];

    private readonly TemporaryFolder folder = new();

    private string Old => folder.Below("old");

    private string New => folder.Below("new");

    public void Dispose() => folder.Dispose();

    [Test]
    public async Task A_setting_with_a_side_overrides_the_common_one()
    {
        await PushAsync(Old, "1.0.0");
        var moved = await RunAsync($"--Filesystem:Path={Old}", $"--to:Filesystem:Path={New}");
        Assert.That((moved.Code, moved.Error), Is.EqualTo((ExitCode.Success, "")), moved.Output);
        Assert.That(moved.Output, Does.StartWith("Copied: 1 package, 0 archives, 1 blob, "));
        Assert.That(
            moved.Output,
            Does.Contain("1 blob; ").And
                .Contain("bytes read back, every sha256 computed.").And
                .Contain("Findings: 0."));

        var back = await RunAsync(
            $"--Filesystem:Path={folder.Below("neither")}",
            $"--from:Filesystem:Path={New}",
            $"--TO:FILESYSTEM:PATH={Old}",
            "--no-read-back");
        Assert.That(back.Code, Is.EqualTo(ExitCode.Success), back.Output);
        Assert.That(
            back.Output,
            Does.Contain("Already at the target: 1 package, 0 archives, 1 blob.").And.Contain("nothing read back"));
        Assert.That(Directory.Exists(folder.Below("neither")), Is.False);
    }

    [Test]
    public async Task Differences_at_the_target_are_reported_and_exit_1_unless_overwritten()
    {
        await PushAsync(Old, "1.0.0");
        await PushAsync(New, "2.0.0");
        string[] sides = [$"--from:Filesystem:Path={Old}", $"--to:Filesystem:Path={New}"];

        var refused = await RunAsync(sides);
        Assert.That(refused.Code, Is.EqualTo(ExitCode.Failure));
        Assert.That(refused.Output, Does.StartWith("package a/b: differs at the target\n").And.Contain("Findings: 1."));

        var replaced = await RunAsync([.. sides, "--overwrite"]);
        Assert.That(replaced.Code, Is.EqualTo(ExitCode.Success), replaced.Output);
    }

    [Test]
    public async Task The_same_storage_as_source_and_target_is_refused()
    {
        await PushAsync(Old, "1.0.0");
        var refused = await RunAsync($"--Filesystem:Path={Old}");
        Assert.That(refused.Code, Is.EqualTo(ExitCode.Failure));
        Assert.That(
            refused.Output,
            Is.EqualTo("target: source and target are the same storage\n"),
            "and no success is reported");
        Assert.That(
            Directory.EnumerateFiles(Path.Combine(Old, "documents"), "*", SearchOption.AllDirectories).Count(),
            Is.EqualTo(1));
    }

    [Test]
    public async Task Invalid_settings_are_reported_with_their_side()
    {
        await PushAsync(Old, "1.0.0");
        await File.WriteAllTextAsync(folder.Below("file"), "");
        var refused = await RunAsync($"--from:Filesystem:Path={Old}", $"--to:Filesystem:Path={folder.Below("file")}");
        Assert.That(refused.Code, Is.EqualTo(ExitCode.Failure));
        Assert.That(refused.Error, Does.StartWith("--to: ").And.Contain("FILESYSTEM__PATH"));
    }

    [Test]
    public async Task A_missing_source_is_refused_and_neither_side_is_created()
    {
        var refused = await RunAsync($"--from:Filesystem:Path={Old}", $"--to:Filesystem:Path={New}");
        Assert.That(refused.Code, Is.EqualTo(ExitCode.Failure));
        Assert.That(refused.Error, Does.StartWith($"--from: FILESYSTEM__PATH is '{Old}', which does not exist."));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [TestCase("--from:Filesystem:Pth is unknown. Did you mean --from:Filesystem:Path?", "--from:Filesystem:Pth=/x")]
    [TestCase("--of:Filesystem:Path is unknown.", "--of:Filesystem:Path=/x")]
    public async Task An_unknown_setting_of_a_side_is_refused(string message, string setting)
    {
        var refused = await RunAsync(setting);
        Assert.That(refused.Code, Is.EqualTo(ExitCode.Failure));
        Assert.That(refused.Error, Does.StartWith(message));
    }

    [Test]
    public async Task An_empty_source_is_refused_without_reporting_success()
    {
        await (await OpenAsync(Old)).DisposeAsync();
        var refused = await RunAsync($"--from:Filesystem:Path={Old}", $"--to:Filesystem:Path={New}");
        Assert.That(refused.Code, Is.EqualTo(ExitCode.Failure));
        Assert.That(
            refused.Output + refused.Error,
            Does.Contain("No packages or archives found").And.Not.Contain("Verified").And.Not.Contain("Copied"));
    }

    [TestCase("Option '--from' is required.", "--to=redis")]
    [TestCase("Option '--to' is required.", "--from=redis")]
    [TestCase("--to is 'floppy'; expected one of filesystem, redis, etcd, gcs.", "--from=redis", "--to=floppy")]
    [TestCase("--parallel is '0'", "--from=redis", "--to=etcd", "--parallel=0")]
    public async Task Wrong_usage_exits_2(string message, params string[] arguments)
    {
        var refused = await CommandRun.OfAsync(new MigrateCommand(), arguments);
        Assert.That(refused.Code, Is.EqualTo(ExitCode.Usage));
        Assert.That(refused.Error, Does.StartWith(message));
    }

    private static Task<CommandRun> RunAsync(
        params string[] arguments) => CommandRun.OfAsync(new MigrateCommand(), [.. OneBackend, .. arguments]);

    private static Task<CommandRegistry> OpenAsync(string data) =>
        CommandRegistry.OpenAsync(
            CommandSettings.Read([$"--Filesystem:Path={data}"]),
            writes: true,
            new CommandLog(CommandConsole.System),
            default);

    private static async Task PushAsync(string data, string release)
    {
        await using var registry = await OpenAsync(data);
        await Samples.PushAsync(registry.Packages, Samples.Package("a/b"), release, release);
    }
}
