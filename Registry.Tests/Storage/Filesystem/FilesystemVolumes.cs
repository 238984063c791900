using System.Diagnostics;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Roles;

namespace Registry.Tests.Storage.Filesystem;

/// <summary>Full and read-only volumes: each a tmpfs that a child process mounts in its own namespace.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FilesystemVolumes
{
    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;

    [Test]
    public Task A_full_disk_refuses_writes_cleanly_and_accepts_deletes() => RunAsync(typeof(FullVolumeRole));

    [Test]
    public Task A_read_only_file_system_denies_writes_and_allows_reads() => RunAsync(typeof(ReadOnlyVolumeRole));

    private async Task RunAsync(Type role)
    {
        using (var possible = Process.Start("unshare", ["--user", "--map-root-user", "--mount", "true"]))
        {
            await possible.WaitForExitAsync(cancellationToken);
            if (possible.ExitCode != 0)
                Assert.Ignore("This machine does not allow user mount namespaces: unshare was refused.");
        }

        using var folder = new TemporaryFolder();
        await using var child = ChildProcess.Start(
            [
                "unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                "mount -t tmpfs -o size=4m tmpfs \"$0\" && exec \"$@\"", folder.Path
            ],
            role,
            folder.Path);
        Assert.That(await child.WaitAsync(cancellationToken), Is.EqualTo((0, "")));
    }
}
