using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Gcs;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Gcs;

/// <summary>Appends to staged uploads that were idle for long, so that a collector may discard them.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GcsIdleUploads : GcsTransferFaults
{
    private static readonly TimeSpan Idle = TimeSpan.FromHours(6);

    [Test]
    public async Task An_append_completed_after_a_collector_listed_the_appends_of_its_idle_upload_is_kept()
    {
        var upload = await BeginIdleAsync(Small);
        long? length = null;
        Fake.Faults = call =>
        {
            if (call.Operation != FakeGcsOperation.Delete)
                return null;
            Fake.Faults = null;
            length = Uploads.TryAppendAsync(upload, Small.Length, Small, CancellationToken).GetAwaiter().GetResult();
            return null;
        };
        Assert.That(await Uploads.DiscardIdleAsync(Idle, CancellationToken), Is.Zero);
        Assert.That(length, Is.EqualTo(2 * Small.Length), "the append was acknowledged");
        Assert.That(await Uploads.ReadAsync(upload, CancellationToken), Is.EqualTo((byte[])[.. Small, .. Small]));
    }

    [Test]
    public async Task An_append_to_an_idle_upload_discarded_before_its_touch_is_refused_and_leaves_nothing()
    {
        var upload = await BeginIdleAsync([]);
        Fake.Faults = call =>
        {
            if (call.Operation == FakeGcsOperation.Patch)
                Fake.Bucket.Remove(call.Name);
            return null;
        };
        Assert.That(await Uploads.TryAppendAsync(upload, 0, Small, CancellationToken), Is.Null);
        Assert.That(Fake.CountOf(FakeGcsOperation.Patch), Is.EqualTo(1));
        Assert.That(Fake.Bucket.Objects, Is.Empty);
    }

    [Test]
    public async Task An_append_whose_touch_lost_a_race_to_another_touch_is_kept()
    {
        var upload = await BeginIdleAsync([]);
        Fake.Faults = call =>
        {
            if (call.Operation == FakeGcsOperation.Patch)
                Fake.Bucket.Damage(call.Name, static one => one with { Metageneration = one.Metageneration + 1 });
            return null;
        };
        Assert.That(
            await Uploads.TryAppendAsync(upload, 0, Small, CancellationToken), Is.EqualTo((long)Small.Length));
        Assert.That(Fake.CountOf(FakeGcsOperation.Patch), Is.EqualTo(1));
    }

    [TestCaseSource(nameof(Transient))]
    public async Task An_append_to_an_idle_upload_is_completed_despite_a_fault_of_its_touch(FakeGcsFault fault)
    {
        var upload = await BeginIdleAsync(Small);
        Fake.Fail(FakeGcsOperation.Patch, fault);
        await Uploads.AppendBytesAsync(upload, Small.Length, Small, CancellationToken);
        Assert.That(Fake.CountOf(FakeGcsOperation.Patch), Is.EqualTo(2));
        Assert.That(await Uploads.LengthAsync(upload, CancellationToken), Is.EqualTo(2 * Small.Length));
    }

    [Test]
    public async Task An_active_upload_is_not_touched_by_each_append()
    {
        var upload = await BeginIdleAsync(Small);
        Assert.That(Fake.CountOf(FakeGcsOperation.Patch), Is.Zero, "the upload was new");
        for (var i = 1; i < 4; i++)
            await Uploads.AppendBytesAsync(upload, i * Small.Length, Small, CancellationToken);
        Assert.That(Fake.CountOf(FakeGcsOperation.Patch), Is.EqualTo(1));
    }

    [TestCase(21600, 60)]
    [TestCase(240, 60)]
    [TestCase(8, 2)]
    public void An_upload_is_touched_after_at_most_a_quarter_of_the_idle_time(int idle, int after) =>
        Assert.That(GcsRefresh.For(TimeSpan.FromSeconds(idle)).After, Is.EqualTo(TimeSpan.FromSeconds(after)));

    /// <summary>Begins an upload, appends bytes to it, and changes the times of its objects to a day ago.</summary>
    private async Task<UploadKey> BeginIdleAsync(byte[] bytes)
    {
        var upload = await Uploads.BeginAsync(Sample, CancellationToken);
        if (bytes.Length > 0)
            await Uploads.AppendBytesAsync(upload, 0, bytes, CancellationToken);
        Fake.Bucket.Age();
        return upload;
    }
}
