using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using Registry.Api.Commands;
using Registry.Api.Hosting;
using Registry.Core.Packages;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Commands;

/// <summary>The command over a real folder, in this process.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed partial class VerifyCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Data => folder.Below("data");

    public void Dispose() => folder.Dispose();

    [Test]
    public async Task Repair_discards_abandoned_uploads_and_leaves_garbage_to_the_service()
    {
        var damaged = await FillAsync();
        var before = Files();

        var (code, output, _) = await RunAsync();
        Assert.That(code, Is.EqualTo(ExitCode.Failure));
        Assert.That(
            output,
            Does.Match(
                @$"^package a/b release 3\.0\.0 helm blob {damaged}: holds 3 bytes with the sha256 [0-9a-f]{{64}}\n"));
        Assert.That(
            output,
            Does.Contain("Sound: 1 package, 0 archives, 2 blobs;").And
                .Contain("Garbage: 1 blob, ").And
                .Contain("Faults: 1."));
        Assert.That(Files(), Is.EqualTo(before), "it changes nothing");

        (code, output, _) = await RunAsync("--repair");
        Assert.That(code, Is.EqualTo(ExitCode.Failure), "the damage is still there");
        Assert.That(output, Does.Contain("Discarded: 1 abandoned upload."));
        Assert.That(Files(), Is.SubsetOf(before));
        Assert.That(
            before.Except(Files()).Select(static name => Name().Replace(name, "*")),
            Is.EquivalentTo(new[] { "staging/*" }));
        Assert.That(Files(), Has.One.EndsWith($"@{damaged}"), "what is damaged is left to people");
    }

    [Test]
    public async Task A_sound_registry_exits_0()
    {
        await using (var registry = await OpenAsync())
            await PushAsync(registry, "1.0.0");
        var (code, output, error) = await RunAsync();
        Assert.That((code, error), Is.EqualTo((ExitCode.Success, "")));
        Assert.That(output, Does.StartWith("Sound: 1 package, 0 archives, 1 blob;"));
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.Names))]
    public async Task A_storage_that_holds_nothing_is_refused_and_nothing_is_created(string backend)
    {
        var settings = new ConfigurationBuilder()
            .AddCommandLine(await Backends.NewStorageAsync(backend))
            .AddCommandLine([$"--Gcs:StagingFolder={folder.Below("staging")}"])
            .Build();
        var refused = await Assert.ThrowsAsync<StartupException>(
            () => OpenRegistry.OpenAsync(settings, writes: false, new CommandLog(CommandConsole.System), default));
        var told = backend == "filesystem" ? "does not exist" : $"'{backend}' holds no packages and no archives";
        Assert.That(refused!.Message, Does.Contain(told).And.Not.Contain("\n"));
        Assert.That(Directory.Exists(settings["Filesystem:Path"]), Is.False);
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [TestCase]
    [TestCase("--repair")]
    public async Task A_folder_that_holds_nothing_stays_as_it_is(params string[] arguments)
    {
        Directory.CreateDirectory(Data);
        var (code, _, error) = await RunAsync(arguments);
        Assert.That(code, Is.EqualTo(ExitCode.Failure), error);
        Assert.That(Directory.GetFileSystemEntries(Data), Is.Empty);
        Assert.That(error, Does.Contain("FILESYSTEM__PATH").And.Contain(Data).And.Contain("holds no registry"));

        await using (await OpenAsync())
            Assert.That(Directory.Exists(Path.Combine(Data, "documents")), Is.True);
        (code, _, error) = await RunAsync(arguments);
        Assert.That(code, Is.EqualTo(ExitCode.Failure));
        Assert.That(error, Does.Match("^The storage 'filesystem' holds no packages and no archives.[^\n]*\n$"));
    }

    [Test]
    public async Task A_storage_that_does_not_answer_is_a_failure_and_no_fault()
    {
        var (code, output, error) =
            await RunAsync("--storage", "Redis", "--Redis:Configuration=127.0.0.1:1", "--Redis:DeadlineSeconds=0.2");
        Assert.That(code, Is.EqualTo(ExitCode.Failure));
        Assert.That(error, Does.StartWith("The storage failed (Unavailable): redis at 127.0.0.1:1: "));
        Assert.That(output, Is.Empty);
    }

    [TestCase("--parallel=0")]
    [TestCase("--parallel=many")]
    [TestCase("--storage=floppy")]
    public async Task Wrong_values_exit_2(string argument)
    {
        var (code, _, error) = await RunAsync(argument);
        Assert.That(code, Is.EqualTo(ExitCode.Usage), error);
        Assert.That(Directory.Exists(Data), Is.False, "nothing was tried");
    }

    [Test]
    public async Task Settings_that_cannot_be_used_are_all_told()
    {
        var (code, _, error) = await RunAsync("--Limits:Ratio=0", "--Collection:GraceSeconds=1");
        Assert.That(code, Is.EqualTo(ExitCode.Failure));
        Assert.That(error, Does.Contain("LIMITS__RATIO").And.Contain("COLLECTION__GRACESECONDS"));
    }

    /// <summary>
    /// A sound release, a deleted one, one whose content is damaged, and an upload left behind; returns the digest of
    /// the damaged blob.
    /// </summary>
    private async Task<string> FillAsync()
    {
        await using var registry = await OpenAsync();
        await PushAsync(registry, "1.0.0");
        await PushAsync(registry, "2.0.0");
        var damaged = (await PushAsync(registry, "3.0.0")).Content.StoredDigest;
        await registry.Packages.DeleteAsync(Samples.Package("a/b"), "2.0.0", "helm", Samples.Caller, default);
        await File.WriteAllTextAsync(Path.Combine(Data, "blobs", "packages", "a", "b", $"@{damaged}"), "rot");
        await File.WriteAllTextAsync(Path.Combine(Data, "staging", "left"), "behind");

        // Sound ones of another package do not hide it.
        await PushAsync(registry, "1.0.0", "a/sound");
        return damaged.Value;
    }

    private Task<OpenRegistry> OpenAsync() => OpenRegistry.OpenAsync(
        CommandSettings.Read(
            [$"--Filesystem:Path={Data}"]), writes: true, new CommandLog(CommandConsole.System), default);

    private static Task<Manifest> PushAsync(OpenRegistry registry, string release, string package = "a/b") =>
        Samples.PushAsync(registry.Packages, Samples.Package(package), release, release);

    private Task<CommandRun> RunAsync(
        params string[] arguments) =>
        CommandRun.OfAsync(new VerifyCommand(), [$"--Filesystem:Path={Data}", .. arguments]);

    private List<string> Files() =>
    [
        .. Directory.EnumerateFiles(Data, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Data, file))
            .Where(static name => !name.StartsWith("locks", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    [GeneratedRegex("(?<=@|staging/).+$")]
    private static partial Regex Name();
}
