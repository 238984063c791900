using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Filesystem;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Filesystem;

/// <summary>Faults of the filesystem's change feed: writers that die midway, and files changed by hand.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FilesystemChanges : IAsyncDisposable
{
    private static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;
    private readonly FilesystemUnderTest storage = new();
    private IDocumentStore documents = null!;
    private IDocumentStore otherDocuments = null!;
    private ChangeToken token = null!;

    [SetUp]
    public async Task Open()
    {
        (documents, _, _) = await storage.OpenAsync();
        (otherDocuments, _, _) = await storage.OpenAsync();
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        token = (await documents.ChangesAsync(StoreKeys.Packages, null, cancellationToken)).Token;
    }

    public ValueTask DisposeAsync() => storage.DisposeAsync();

    [Test]
    public async Task A_write_whose_process_died_is_reported_until_the_next_write_of_its_stripe()
    {
        var volume = storage.NewVolume();
        using (var stripe = await volume.Locks.AcquireAsync(Sample.Value, cancellationToken))
            _ = volume.Changes.Announce(stripe.Index, Sample.Value);
        for (var call = 0; call < 3; call++)
            Assert.That(
                await ChangedAsync(), Is.EqualTo(new[] { Sample }), "its effect may become visible at any time");
        await otherDocuments.PutAsync(Sample, "two", Precondition.None, cancellationToken);
        Assert.That(await ChangedAsync(), Is.EqualTo(new[] { Sample }));
        Assert.That(await ChangedAsync(), Is.Empty);
    }

    [Test]
    public async Task A_failed_write_is_not_reported_forever()
    {
        var folder = storage.Below("documents", "packages", "sample", "other@.json");
        Directory.CreateDirectory(Path.Combine(folder, "in the way"));
        Assert.That(
            async () =>
                await documents.TryPutAsync(
                    StoreKey.Of("packages", "sample", "other"), "x"u8.ToArray(), Precondition.None, cancellationToken),
            Throws.InstanceOf<StorageException>());
        await ChangedAsync();
        Assert.That(await ChangedAsync(), Is.Empty);
    }

    [Test]
    public async Task A_wrapped_ring_requires_a_listing_but_one_key_written_often_does_not()
    {
        for (var round = 0; round < 500; round++)
            await otherDocuments.PutAsync(Sample, $"{round}", Precondition.None, cancellationToken);
        Assert.That(await ChangedAsync(), Is.EqualTo(new[] { Sample }));

        var volume = storage.NewVolume();
        var padding = new string('k', StoreKey.MaxSegmentBytes);
        for (var number = 0; number < 40; number++)
            volume.Changes.Announce(3, StoreKey.Of("packages", padding, $"{number}").Value).Dispose();
        Assert.That(await ChangedAsync(), Is.Null);
        volume.Changes.Announce(3, StoreKey.Of("packages", padding, "last").Value).Dispose();
        Assert.That(await ChangedAsync(), Has.Member(StoreKey.Of("packages", padding, "last")));
    }

    [Test]
    public async Task A_removed_replaced_or_damaged_change_file_requires_a_listing_and_misses_no_write(
        [Values] Damage damage)
    {
        var path = storage.Below("changes");
        switch (damage)
        {
            case Damage.Removed:
                File.Delete(path);
                break;
            case Damage.Replaced:
                File.Copy(path, path + "2");
                Assert.That(Disk.TryRename(path + "2", path), Is.True);
                break;
            case Damage.OfAnotherBoot:
                Patch(path, 10, 1);
                break;
            case Damage.Garbled:
                Patch(path, 64, 256 * 24);
                break;
            case Damage.Emptied:
                File.WriteAllBytes(path, []);
                break;
        }

        Assert.That(await ChangedAsync(), Is.Null);
        await otherDocuments.PutAsync(Sample, "two", Precondition.None, cancellationToken);
        Assert.That(await ChangedAsync(), Is.Null.Or.EqualTo(new[] { Sample }));
        await ChangedAsync();
        await otherDocuments.TryDeleteAsync(Sample, Precondition.None, cancellationToken);
        Assert.That(await ChangedAsync(), Is.EqualTo(new[] { Sample }));
    }

    [Test]
    public async Task A_write_is_recorded_in_a_change_file_replaced_during_it()
    {
        var volume = storage.NewVolume();
        using (var stripe = await volume.Locks.AcquireAsync(Sample.Value, cancellationToken))
        {
            var mark = volume.Changes.Announce(stripe.Index, Sample.Value);
            File.Delete(storage.Below("changes"));
            await otherDocuments.PutAsync(
                KeyOfAnotherStripe(stripe.Index), "recreates the file", Precondition.None, cancellationToken);
            await ChangedAsync();
            Assert.That(await ChangedAsync(), Is.Empty);
            mark.Dispose();
        }

        Assert.That(await ChangedAsync(), Is.EqualTo(new[] { Sample }));
    }

    private static StoreKey KeyOfAnotherStripe(int stripe)
    {
        return Enumerable.Range(0, 1000)
            .Select(i => StoreKey.Of("packages", "other", $"{i}"))
            .First(key => StripedLocks.StripeOf(key.Value) != stripe);
    }

    private static void Patch(string path, int offset, int length)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        var bytes = new byte[length];
        RandomAccess.Read(file, bytes, offset);
        for (var i = 0; i < length; i++)
            bytes[i] ^= 0x55;
        RandomAccess.Write(file, bytes, offset);
    }

    private async Task<IReadOnlyCollection<StoreKey>?> ChangedAsync()
    {
        var changes = await documents.ChangesAsync(StoreKeys.Packages, token, cancellationToken);
        token = changes.Token;
        return changes.Keys;
    }

    public enum Damage
    {
        Removed,
        Replaced,
        OfAnotherBoot,
        Garbled,
        Emptied,
    }
}
