using System.Diagnostics;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Roles;

namespace Registry.Tests.Storage.Filesystem;

/// <summary>
/// Volumes that are full or read-only: each a tmpfs that one child process mounts in a namespace of its own.
/// </summary>
public sealed class FilesystemVolumes
{
    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;

    [Test]
    public Task A_full_disk_refuses_whole_and_can_be_relieved() => RunAsync(typeof(FullVolumeRole));

    [Test]
    public Task A_read_only_volume_denies_what_changes_it_and_is_still_read() => RunAsync(typeof(ReadOnlyVolumeRole));

    private async Task RunAsync(Type role)
    {
        using (var possible = Process.Start("unshare", ["--user", "--map-root-user", "--mount", "true"]))
        {
            await possible.WaitForExitAsync(cancellationToken);
            if (possible.ExitCode != 0)
                Assert.Ignore("This machine lets nobody mount a volume of his own: unshare was refused.");
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
