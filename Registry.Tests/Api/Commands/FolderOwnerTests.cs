using System.Diagnostics;
using NUnit.Framework;
using Registry.Api.Commands;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Commands;

/// <summary>Commands that root runs on the data folder of another user.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class FolderOwnerTests : IDisposable
{
    private const string Owner = "65534";

    private readonly TemporaryFolder folder = new();

    private string Data => folder.Below("data");

    private string Setting => $"--Filesystem:Path={Data}";

    public void Dispose() => folder.Dispose();

    [SetUp]
    public void RequireRoot() => Assume.That(Environment.IsPrivilegedProcess, "Only root can change an owner.");

    [Test]
    public async Task A_command_that_writes_is_refused_and_creates_nothing()
    {
        Assert.That((await CreateTokenAsync()).Code, Is.Zero);
        await ChangeOwnerAsync(Data);
        Directory.Delete(Path.Combine(Data, "staging"), recursive: true);
        var before = Entries();

        var (code, output, error) = await CreateTokenAsync();
        Assert.That((code, output), Is.EqualTo((ExitCode.Failure, "")));
        Assert.That(
            error,
            Does.Contain($"'{Path.Combine(Data, "documents")}' belongs to the user with the id {Owner}")
                .And.Contain($"sudo -u '#{Owner}'"));
        Assert.That(Entries(), Is.EqualTo(before));

        // Root may read it.
        (code, _, error) = await CommandRun.OfAsync(new VerifyCommand(), Setting);
        Assert.That((code, error), Is.EqualTo((ExitCode.Success, "")));
    }

    [Test]
    public async Task Root_may_use_a_volume_that_was_prepared_for_another_user()
    {
        Directory.CreateDirectory(Data);
        await ChangeOwnerAsync(Data);
        for (var run = 0; run < 2; run++)
        {
            var (code, _, error) = await CreateTokenAsync();
            Assert.That(code, Is.Zero, error);
        }
    }

    private Task<CommandRun> CreateTokenAsync() => CommandRun.OfAsync(
        new TokenCreateCommand(), "--name", "ci", "--scope", "**=pull", "--expires", "90d", Setting);

    private List<string> Entries() =>
        [.. Directory.EnumerateFileSystemEntries(Data, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static async Task ChangeOwnerAsync(string path)
    {
        using var chown = Process.Start("chown", ["--recursive", Owner, path]);
        await chown.WaitForExitAsync();
        Assert.That(chown.ExitCode, Is.Zero);
    }
}
