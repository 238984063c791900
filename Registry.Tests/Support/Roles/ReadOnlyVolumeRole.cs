using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Filesystem;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Support.Roles;

/// <summary>Runs on its own volume, which it remounts read-only midway: <c>PATH</c>.</summary>
public static class ReadOnlyVolumeRole
{
    private static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");

    public static async Task RunAsync(string[] arguments)
    {
        var cancellationToken = CancellationToken.None;
        var options = new FilesystemOptions { Path = arguments[0] };
        var volume = new FilesystemVolume(options, TimeProvider.System);
        var documents = new FilesystemDocumentStore(volume);
        var blobs = new FilesystemBlobStore(volume);
        await documents.PutAsync(Sample, "before", Precondition.Absent, cancellationToken);
        var info = await blobs.CommitAsync(Sample, StorageShortcuts.Bytes(10_000), cancellationToken);

        using (var mount = System.Diagnostics.Process.Start("mount", ["-o", "remount,ro", arguments[0]]))
        {
            await mount.WaitForExitAsync(cancellationToken);
            Assert.That(mount.ExitCode, Is.Zero);
        }

        await AssertDeniedAsync(
            async () => await documents.TryPutAsync(Sample, "after", Precondition.None, cancellationToken));
        await AssertDeniedAsync(
            async () => await documents.TryDeleteAsync(Sample, Precondition.None, cancellationToken));
        await AssertDeniedAsync(async () => await blobs.CreateAsync(Sample, cancellationToken));
        await AssertDeniedAsync(async () => await blobs.TryDeleteAsync(info.Key, Precondition.None, cancellationToken));
        await AssertDeniedAsync(async () => await new FilesystemProbe(volume).ProbeAsync(cancellationToken));
        Assert.That((await documents.GetAsync(Sample, cancellationToken))!.Text(), Is.EqualTo("before"));
        Assert.That(await blobs.StatAsync(info.Key, cancellationToken), Is.EqualTo(info));

        var verdict = new FilesystemOptionsValidator().Validate(null, options);
        Assert.That(verdict.FailureMessage, Does.Contain("FILESYSTEM__PATH").And.Contain("cannot be written to"));
    }

    private static async Task AssertDeniedAsync(Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<StorageException>(() => call());
        Assert.That(failure!.Kind, Is.EqualTo(StorageFault.Denied), failure.Message);
    }
}
