using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class BlobStoreContract
{
    private static readonly byte[] Small = StorageShortcuts.Bytes(1000);

    [Test]
    public async Task A_commit_of_what_is_there_changes_its_revision_and_time_and_not_its_bytes()
    {
        var revisions = new HashSet<Revision>();
        BlobInfo? last = null;
        for (var i = 0; i < 20; i++)
        {
            var info = await Instance(i).Blobs.CommitAsync(Scope, Small, CancellationToken);
            Assert.That(revisions.Add(info.Revision), Is.True);
            Assert.That(await Instance(i + 1).Blobs.StatAsync(info.Key, CancellationToken), Is.EqualTo(info));
            if (last is not null)
                Assert.That(info.UploadedAt, Is.GreaterThan(last.UploadedAt));
            last = info;
        }

        Assert.That(await Blobs.ReadAsync(last!.Key, ByteRange.All, CancellationToken), Is.EqualTo(Small));
        Assert.That(await Blobs.InfosAsync(Scope, ScopeDepth.Exact, null, CancellationToken), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_commit_tells_whether_it_created_the_blob([Values(0, 1000, 2_500_000)] int length)
    {
        var bytes = StorageShortcuts.Bytes(length);
        foreach (var isNew in (bool[])[true, false, false])
            Assert.That(
                (await One.Blobs.CommitBlobAsync(Scope, bytes, null, CancellationToken)).IsNew, Is.EqualTo(isNew));
        var touched = await Two.Blobs.CommitBlobAsync(Scope, bytes, null, CancellationToken);
        Assert.That(touched.IsNew, Is.False);
        Assert.That(
            await One.Blobs.TryDeleteAsync(
                touched.Info.Key, Precondition.Matches(touched.Info.Revision), CancellationToken),
            Is.True);
        Assert.That(
            (await Two.Blobs.CommitBlobAsync(Scope, bytes, null, CancellationToken)).IsNew,
            Is.True,
            "it had been deleted");
    }

    [Test]
    public async Task A_blob_that_was_deleted_and_came_back_repeats_no_revision()
    {
        var revisions = new HashSet<Revision>();
        for (var i = 0; i < 20; i++)
        {
            var info = await Instance(i).Blobs.CommitAsync(Scope, Small, CancellationToken);
            Assert.That(revisions.Add(info.Revision), Is.True);
            Assert.That(
                await Instance(i + 1).Blobs.TryDeleteAsync(info.Key, Precondition.None, CancellationToken), Is.True);
        }
    }

    [Test]
    public async Task Upload_times_are_the_present_in_whole_microseconds()
    {
        var before = TimeProvider.System.GetUtcNow();
        var info = await Blobs.CommitAsync(Scope, Small, CancellationToken);
        Assert.That(info.UploadedAt.UtcTicks % TimeSpan.TicksPerMicrosecond, Is.Zero);
        Assert.That(info.UploadedAt, Is.EqualTo(before).Within(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public async Task A_given_upload_time_is_kept([Values] bool wasThere)
    {
        var given = new DateTimeOffset(2017, 3, 4, 5, 6, 7, TimeSpan.Zero).AddMicroseconds(123_456);
        var old = wasThere ? await Blobs.CommitAsync(Scope, Small, CancellationToken) : null;
        var info = await Blobs.CommitAsync(Scope, Small, given, CancellationToken);
        Assert.That(info.UploadedAt, Is.EqualTo(given));
        Assert.That(info.Revision, Is.Not.EqualTo(old?.Revision));
        await DemandOneEntryAsync(info);
    }

    [Test]
    public async Task A_given_upload_time_may_change_and_change_again()
    {
        var given = new DateTimeOffset(2017, 3, 4, 5, 6, 7, TimeSpan.Zero);
        foreach (var days in (int[])[0, 5, -5, 0])
        {
            var info = await Blobs.CommitAsync(Scope, Small, given.AddDays(days), CancellationToken);
            Assert.That(info.UploadedAt, Is.EqualTo(given.AddDays(days)));
            await DemandOneEntryAsync(info);
        }
    }

    [Test]
    public async Task A_commit_without_a_time_is_later_than_what_it_replaces_even_if_that_lies_in_the_future()
    {
        var future = new DateTimeOffset(2222, 2, 2, 0, 0, 0, TimeSpan.Zero);
        await Blobs.CommitAsync(Scope, Small, future, CancellationToken);
        for (var i = 1; i <= 3; i++)
        {
            var info = await Instance(i).Blobs.CommitAsync(Scope, Small, CancellationToken);
            Assert.That(info.UploadedAt, Is.GreaterThan(future));
            Assert.That(info.UploadedAt, Is.LessThan(future.AddSeconds(1)));
            await DemandOneEntryAsync(info);
        }
    }

    [Test]
    public async Task A_commit_without_a_time_over_one_with_an_old_time_is_uploaded_now()
    {
        await Blobs.CommitAsync(
            Scope, Small, new DateTimeOffset(2017, 3, 4, 5, 6, 7, TimeSpan.Zero), CancellationToken);
        var info = await Blobs.CommitAsync(Scope, Small, CancellationToken);
        Assert.That(info.UploadedAt, Is.EqualTo(TimeProvider.System.GetUtcNow()).Within(TimeSpan.FromMinutes(1)));
        await DemandOneEntryAsync(info);
    }

    [Test]
    public async Task A_given_upload_time_goes_with_its_blob()
    {
        var given = new DateTimeOffset(2017, 3, 4, 5, 6, 7, TimeSpan.Zero);
        var first = await Blobs.CommitAsync(Scope, Small, given, CancellationToken);
        Assert.That(
            await Blobs.TryDeleteAsync(first.Key, Precondition.Matches(first.Revision), CancellationToken), Is.True);
        Assert.That(await Blobs.InfosAsync(Scope, ScopeDepth.Subtree, null, CancellationToken), Is.Empty);
        var second = await Blobs.CommitAsync(Scope, Small, CancellationToken);
        Assert.That(second.UploadedAt, Is.GreaterThan(given.AddYears(1)));
        await DemandOneEntryAsync(second);
    }

    private async Task DemandOneEntryAsync(BlobInfo info)
    {
        Assert.That(await Two.Blobs.StatAsync(info.Key, CancellationToken), Is.EqualTo(info));
        Assert.That(
            await Two.Blobs.InfosAsync(Scope, ScopeDepth.Subtree, null, CancellationToken), Is.EqualTo(new[] { info }));
        await using var reader = await Two.Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken);
        Assert.That(reader!.Info, Is.EqualTo(info));
    }
}
