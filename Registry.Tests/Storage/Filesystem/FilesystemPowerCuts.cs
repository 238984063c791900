using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Filesystem;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Filesystem;

/// <summary>
/// What a power cut leaves of acknowledged changes, on a volume that writes nothing until it is flushed.
/// </summary>
public sealed class FilesystemPowerCuts
{
    private const int Rounds = 8;
    private const int Entries = 4;

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(3)).Token;

    [Test]
    public async Task No_acknowledged_delete_of_documents_is_undone()
    {
        using var volume = LoopVolume.Create();
        var documents = Open(volume.Path).Documents;
        for (var round = 0; round < Rounds; round++)
        {
            var scope = StoreKey.Of("packages", $"n{round}");
            foreach (var key in KeysOf($"n{round}"))
                await documents.PutAsync(key, "{}", Precondition.Absent, cancellationToken);
            await RunConcurrentlyAsync(
                KeysOf($"n{round}").Select(
                    key => documents.TryDeleteAsync(key, Precondition.None, cancellationToken).AsTask()));
            using var left = volume.AfterPowerCut();
            Assert.That(
                await Open(left.Path).Documents.KeysAsync(scope, null, cancellationToken), Is.Empty, $"round {round}");
        }
    }

    [Test]
    public async Task No_acknowledged_delete_of_archives_is_undone()
    {
        using var volume = LoopVolume.Create();
        var blobs = Open(volume.Path).Blobs;
        for (var round = 0; round < Rounds; round++)
        {
            var scope = StoreKey.Of("archives", "w", $"w{round}");
            var infos = new List<BlobInfo>();
            for (var entry = 0; entry < Entries; entry++)
                infos.Add(await blobs.CommitAsync(scope, StorageShortcuts.Bytes(100, entry), cancellationToken));
            await RunConcurrentlyAsync(
                infos.Select(info => blobs.TryDeleteAsync(info.Key, Precondition.None, cancellationToken).AsTask()));
            using var left = volume.AfterPowerCut();
            Assert.That(
                await Open(left.Path).Blobs.InfosAsync(scope, ScopeDepth.Subtree, null, cancellationToken),
                Is.Empty, $"round {round}");
        }
    }

    [Test]
    public async Task No_acknowledged_write_is_lost_from_a_folder_emptied_by_deletes()
    {
        using var volume = LoopVolume.Create();
        var documents = Open(volume.Path).Documents;
        for (var round = 0; round < Rounds; round++)
        {
            var scope = StoreKey.Of("packages", $"n{round}");
            var created = StoreKey.Of("packages", $"n{round}", "new");
            foreach (var key in KeysOf($"n{round}"))
                await documents.PutAsync(key, "{}", Precondition.Absent, cancellationToken);
            await RunConcurrentlyAsync(
            [
                .. KeysOf($"n{round}").Select(
                    key => documents.TryDeleteAsync(key, Precondition.None, cancellationToken).AsTask()),
                CreateAsync(),
            ]);
            using var left = volume.AfterPowerCut();
            Assert.That(
                await Open(left.Path).Documents.KeysAsync(scope, null, cancellationToken),
                Is.EqualTo(new[] { created.Value }), $"round {round}");

            async Task<bool> CreateAsync() =>
                await documents.TryPutAsync(created, "{}", Precondition.Absent, cancellationToken) is not null;
        }
    }

    private static IEnumerable<StoreKey> KeysOf(string name) =>
        Enumerable.Range(0, Entries).Select(entry => StoreKey.Of("packages", name, $"p{entry}"));

    private static async Task RunConcurrentlyAsync(IEnumerable<Task<bool>> changes) =>
        Assert.That(await Task.WhenAll(changes.ToArray()), Is.All.True);

    private static StorageInstance Open(string folder)
    {
        var options = new FilesystemOptions { Path = Path.Combine(folder, "data") };
        var volume = new FilesystemVolume(options, TimeProvider.System);
        return new StorageInstance(new FilesystemDocumentStore(volume), new FilesystemBlobStore(volume))
        {
            Uploads = new FilesystemUploadStore(volume),
        };
    }
}
