using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using Registry.Api.Commands;
using Registry.Api.Hosting;
using Registry.Core.Packages;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Api.Commands;

/// <summary>Runs the command over a real folder, in this process.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed partial class VerifyCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Data => folder.Below("data");

    public void Dispose() => folder.Dispose();

    [Test]
    public async Task Repair_discards_abandoned_uploads_and_keeps_garbage()
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
                .Contain("Findings: 1."));
        Assert.That(Files(), Is.EqualTo(before), "without --repair nothing changes");

        (code, output, _) = await RunAsync("--repair");
        Assert.That(code, Is.EqualTo(ExitCode.Failure), "the damage is still there");
        Assert.That(output, Does.Contain("Discarded: 2 abandoned uploads."));
        Assert.That(Files(), Is.SubsetOf(before));
        Assert.That(
            before.Except(Files()).Select(static name => Name().Replace(name, "*")),
            Is.EquivalentTo(new[] { "staging/*", "uploads/*" }));
        Assert.That(Files(), Has.One.EndsWith($"@{damaged}"), "damaged data is kept");
    }

    [Test]
    public async Task An_intact_registry_exits_0()
    {
        await using (var registry = await OpenAsync())
            await PushAsync(registry, "1.0.0");
        var (code, output, error) = await RunAsync();
        Assert.That((code, error), Is.EqualTo((ExitCode.Success, "")));
        Assert.That(output, Does.StartWith("Sound: 1 package, 0 archives, 1 blob;"));
    }

    [Test]
    public async Task A_folder_that_was_replaced_by_a_symbolic_link_is_reported()
    {
        await using (var registry = await OpenAsync())
        {
            await PushAsync(registry, "1.0.0");
            await PushAsync(registry, "1.0.0", "other/app");
        }

        var link = Path.Combine(Data, "documents", "packages", "a");
        Directory.Move(link, folder.Below("moved"));
        Directory.CreateSymbolicLink(link, folder.Below("moved"));
        var (code, output, error) = await RunAsync();
        Assert.That((code, output), Is.EqualTo((ExitCode.Failure, "")));
        Assert.That(error, Does.StartWith("The storage failed (Corrupt)").And.Contain($"'{link}' is a symbolic link"));
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.Names))]
    public async Task An_empty_storage_is_refused_and_nothing_is_created(string backend)
    {
        var settings = new ConfigurationBuilder()
            .AddCommandLine(await Backends.NewStorageAsync(backend))
            .AddCommandLine([$"--Gcs:StagingFolder={folder.Below("staging")}"])
            .Build();
        var refused = await Assert.ThrowsAsync<StartupException>(
            () => CommandRegistry.OpenAsync(settings, writes: false, new CommandLog(CommandConsole.System), default));
        var message = backend == "filesystem" ? "does not exist" : $"No packages or archives found in {backend} ";
        Assert.That(refused!.Message, Does.Contain(message).And.Not.Contain("\n"));
        Assert.That(Directory.Exists(settings["Filesystem:Path"]), Is.False);
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [TestCase]
    [TestCase("--repair")]
    public async Task An_empty_folder_is_not_changed(params string[] arguments)
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
        Assert.That(error, Does.Match("^No packages or archives found in filesystem at .[^\n]*\n$"));
    }

    [Test]
    public async Task An_unreachable_storage_fails_the_command_without_findings()
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
    public async Task Invalid_values_exit_2(string argument)
    {
        var (code, _, error) = await RunAsync(argument);
        Assert.That(code, Is.EqualTo(ExitCode.Usage), error);
        Assert.That(Directory.Exists(Data), Is.False, "nothing was attempted");
    }

    [Test]
    public async Task All_invalid_settings_are_reported()
    {
        var (code, _, error) = await RunAsync("--Limits:Ratio=0", "--Collection:GraceSeconds=1");
        Assert.That(code, Is.EqualTo(ExitCode.Failure));
        Assert.That(error, Does.Contain("LIMITS__RATIO").And.Contain("COLLECTION__GRACESECONDS"));
    }

    /// <summary>
    /// Creates an intact release, a deleted one, a damaged one and two abandoned uploads; returns the digest of the
    /// damaged blob.
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
        await registry.Uploads.AppendBytesAsync(
            await registry.Uploads.BeginAsync(Samples.Package("a/b").Key, default), 0, "idle"u8.ToArray(), default);
        var upload = Directory.GetDirectories(Path.Combine(Data, "uploads")).Single();
        foreach (var path in Directory.GetFiles(upload).Append(upload))
            File.SetLastWriteTimeUtc(path, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-1));

        // Intact packages do not hide the damage.
        await PushAsync(registry, "1.0.0", "a/sound");
        return damaged.Value;
    }

    private Task<CommandRegistry> OpenAsync() => CommandRegistry.OpenAsync(
        CommandSettings.Read(
            [$"--Filesystem:Path={Data}"]), writes: true, new CommandLog(CommandConsole.System), default);

    private static Task<Manifest> PushAsync(CommandRegistry registry, string release, string package = "a/b") =>
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

    [GeneratedRegex("(?<=@|staging/|uploads/).+$")]
    private static partial Regex Name();
}
