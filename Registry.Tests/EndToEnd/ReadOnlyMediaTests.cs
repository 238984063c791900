using System.Net;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>Commands that only read work on a read-only volume, such as a snapshot.</summary>
public sealed class ReadOnlyMediaTests : EndToEndTest
{
    [Test]
    public async Task A_read_only_volume_is_verified_migrated_and_exported()
    {
        Directory.CreateDirectory(Data);
        await using var volume = await PrivateVolume.MountAsync(Data, "16m", CancellationToken);
        var registry = Launch(volume.Command(RegistryProcess.Command), ("FILESYSTEM__PATH", Data));
        await registry.ReadyAsync();
        using (var pushed = await PushAsync(registry, "read/only", "1.0.0", new SeededPackage(1, 10_000)))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await registry.StopAsync();
        await volume.MakeReadOnlyAsync();
        var files = await volume.FilesAsync();

        var source = $"--Filesystem:Path={Data}";
        Assert.That(await RunAsync("verify", source), Does.Contain("Sound: 1 package, 0 archives, 1 blob;"));
        var target = $"--to:Filesystem:Path={Path.Combine(Folder, "copy")}";
        var migrated = await RunAsync("migrate", "--from=filesystem", "--to=filesystem", source, target);
        Assert.That(migrated, Does.Contain("Copied: 1 package,").And.Contain("Findings: 0."));
        Assert.That(await RunAsync("export-backup", Path.Combine(Folder, "backup.json"), source), Is.Not.Empty);
        Assert.That(await volume.FilesAsync(), Is.EqualTo(files));

        async Task<string> RunAsync(params string[] arguments)
        {
            var command = Launch(volume.Command([.. RegistryProcess.Command, .. arguments]));
            Assert.That(await command.ExitAsync(), Is.Zero, command.Errors);
            return string.Join('\n', command.Log);
        }
    }
}
