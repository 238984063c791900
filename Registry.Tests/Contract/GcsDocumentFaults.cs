using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Storage.Gcs;
using Registry.Tests.Support;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.Self)]
public sealed class GcsDocumentFaults : GcsFaults
{
    private static readonly FakeGcsFault[] Transient =
    [
        FakeGcsFault.Answer(429, "rateLimitExceeded"), FakeGcsFault.Answer(403, "rateLimitExceeded"),
        FakeGcsFault.Answer(503), FakeGcsFault.Answer(500), FakeGcsFault.Answer(408), FakeGcsFault.ResetBefore,
        FakeGcsFault.ResetAfter, FakeGcsFault.AnswerAfter(503), FakeGcsFault.CutRequest(0),
    ];

    private static readonly object[][] Persistent =
    [
        [FakeGcsFault.Answer(429, "rateLimitExceeded"), StorageFault.Throttled],
        [FakeGcsFault.Answer(403, "userRateLimitExceeded"), StorageFault.Throttled],
        [FakeGcsFault.Answer(503), StorageFault.Unavailable], [FakeGcsFault.ResetBefore, StorageFault.Unavailable],
        [FakeGcsFault.Hang, StorageFault.Unavailable],
        [FakeGcsFault.Answer(401, "authError"), StorageFault.Denied],
        [FakeGcsFault.Answer(403, "forbidden"), StorageFault.Denied],
        [FakeGcsFault.Answer(403, "quotaExceeded"), StorageFault.Full],
    ];

    [TestCaseSource(nameof(Transient))]
    public async Task A_put_whose_first_attempt_fails_is_applied_once(FakeGcsFault fault)
    {
        Fake.Fail(FakeGcsOperation.Insert, fault);
        var revision = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Assert.That(Fake.CountOf(FakeGcsOperation.Insert), Is.EqualTo(2));
        var document = await Documents.GetAsync(Sample, CancellationToken);
        Assert.That((document!.Text(), document!.Revision), Is.EqualTo(("one", revision)));

        Fake.Fail(FakeGcsOperation.Insert, fault);
        var second = await Documents.PutAsync(Sample, "two", Precondition.Matches(revision), CancellationToken);
        Assert.That(second, Is.Not.EqualTo(revision));
        Assert.That((await Documents.GetAsync(Sample, CancellationToken))!.Revision, Is.EqualTo(second));

        Fake.Fail(FakeGcsOperation.Insert, fault);
        await Documents.PutAsync(Sample, "three", Precondition.None, CancellationToken);
        Assert.That((await Documents.GetAsync(Sample, CancellationToken))!.Text(), Is.EqualTo("three"));
    }

    [Test]
    public async Task A_put_that_lost_its_race_returns_null_after_a_throttled_first_attempt()
    {
        await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.Answer(429));
        Assert.That(await Documents.TryPutAsync(Sample, "two", Precondition.Absent, CancellationToken), Is.Null);
    }

    [Test]
    public async Task A_put_without_a_response_that_another_write_replaced_has_an_unknown_outcome()
    {
        var first = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        var inserts = Fake.CountOf(FakeGcsOperation.Insert);
        Fake.Faults = call =>
        {
            if (call.Operation != FakeGcsOperation.Insert)
                return null;
            if (call.Number == inserts + 1)
                return FakeGcsFault.ResetAfter;
            Fake.Bucket.Damage(
                call.Name,
                one => one with { Generation = one.Generation + 1, Metadata = new Dictionary<string, string>() });
            return null;
        };
        var fault = await CatchFaultAsync(
            async () => await Documents.TryPutAsync(Sample, "two", Precondition.Matches(first), CancellationToken));
        Assert.That(
            fault.Kind,
            Is.EqualTo(StorageFault.Unavailable),
            "null would mean not applied, a revision applied");
    }

    [Test]
    public async Task A_refused_read_does_not_report_that_the_preceding_write_changed_nothing()
    {
        Fake.Faults = LosesAnswer(FakeGcsOperation.GetObject);
        var fault = await CatchFaultAsync(
            async () => await Documents.TryPutAsync(Sample, "one", Precondition.Absent, CancellationToken));
        Assert.That((fault.Kind, fault.ChangedNothing), Is.EqualTo((StorageFault.Throttled, false)));
        Fake.Faults = null;
        Assert.That((await Documents.GetAsync(Sample, CancellationToken))?.Text(), Is.EqualTo("one"), "it was applied");

        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.Answer(429) with { RetryAfter = "30" });
        fault =
            await CatchFaultAsync(
                async () => await Documents.TryPutAsync(Sample, "two", Precondition.None, CancellationToken));
        Assert.That(fault.ChangedNothing, Is.True, "the only attempt was refused");
    }

    [Test]
    public async Task A_push_without_a_response_never_fails_because_its_own_release_exists(
        [Values] bool canBeRead)
    {
        var name = Samples.Package();
        var indexes = new PackageIndexes(
            Documents, TimeProvider.System, new UpdateOptions { Bound = TimeSpan.FromSeconds(2) });
        Fake.Faults = canBeRead
            ? LosesAnswer(FakeGcsOperation.GetObject)
            : LosesAnswer(FakeGcsOperation.GetObject, FakeGcsOperation.GetMedia);
        var pushing = indexes.UpdateAsync(name, Samples.Push(name, Samples.Manifest("1.0.0")), CancellationToken);
        if (canBeRead)
            Assert.That((await pushing)!.Releases, Has.Length.EqualTo(1));
        else
            Assert.That(
                async () => await pushing,
                Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(ErrorCode.Unavailable));
    }

    [TestCase("quotaExceeded")]
    [TestCase("forbidden")]
    public async Task A_refusal_after_an_attempt_without_a_response_leaves_the_outcome_unknown(string reason)
    {
        var inserts = Fake.CountOf(FakeGcsOperation.Insert);
        Fake.Faults = call => call.Operation != FakeGcsOperation.Insert ? null
            : call.Number == inserts + 1 ? FakeGcsFault.ResetBefore
            : FakeGcsFault.Answer(403, reason);
        var fault = await CatchFaultAsync(
            async () => await Documents.TryPutAsync(Sample, "one", Precondition.Absent, CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable), "the first attempt may still arrive");
    }

    [TestCaseSource(nameof(Persistent))]
    public async Task A_persistent_fault_is_reported_and_nothing_is_written(FakeGcsFault persistent, StorageFault kind)
    {
        await OpenWithShortTimeoutsAsync();
        Fake.Fail(FakeGcsOperation.Insert, persistent, int.MaxValue);
        var fault = await CatchFaultAsync(
            async () => await Documents.TryPutAsync(Sample, "one", Precondition.Absent, CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(kind), fault.Message);
        Assert.That(await Documents.GetAsync(Sample, CancellationToken), Is.Null);

        FakeGcsOperation[] reads = [FakeGcsOperation.GetMedia, FakeGcsOperation.List, FakeGcsOperation.GetObject];
        foreach (var operation in reads)
        {
            Fake.Fail(operation, persistent, int.MaxValue);
            fault = await CatchFaultAsync(async () => _ = operation switch
            {
                FakeGcsOperation.GetMedia => await Documents.GetAsync(Sample, CancellationToken) is null,
                FakeGcsOperation.List =>
                    (await Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken)).Count == 0,
                _ => await Documents.TryDeleteAsync(Sample, Precondition.None, CancellationToken),
            });
            Assert.That(
                fault.Kind,
                Is.EqualTo(kind == StorageFault.Full ? StorageFault.Throttled : kind),
                $"{operation} needs no space: {fault.Message}");
        }
    }

    [Test]
    public async Task A_permanent_fault_is_not_retried()
    {
        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.Answer(403, "forbidden"), int.MaxValue);
        await CatchFaultAsync(
            async () => await Documents.TryPutAsync(Sample, "one", Precondition.Absent, CancellationToken));
        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.Answer(429) with { RetryAfter = "3600" }, int.MaxValue);
        await CatchFaultAsync(
            async () => await Documents.TryPutAsync(Sample, "one", Precondition.Absent, CancellationToken));
        Assert.That(Fake.CountOf(FakeGcsOperation.Insert), Is.EqualTo(2), "the second asked to retry after an hour");
    }

    [Test]
    public async Task A_server_that_hangs_once_costs_one_attempt()
    {
        await OpenAsync(static options => options.DeadlineSeconds = 4);
        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.Hang);
        await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.Hang);
        Assert.That((await Documents.GetAsync(Sample, CancellationToken))!.Text(), Is.EqualTo("one"));
    }

    [TestCaseSource(nameof(Transient))]
    public async Task A_delete_whose_first_attempt_fails_succeeds_or_is_unknown_but_never_false(FakeGcsFault fault)
    {
        var revision = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Fake.Fail(FakeGcsOperation.Delete, fault);
        if (fault.Applies)
        {
            var unknown = await CatchFaultAsync(
                async () => await Documents.TryDeleteAsync(Sample, Precondition.Matches(revision), CancellationToken));
            Assert.That(unknown.Kind, Is.EqualTo(StorageFault.Unavailable));
        }
        else
        {
            Assert.That(
                await Documents.TryDeleteAsync(Sample, Precondition.Matches(revision), CancellationToken), Is.True);
        }

        Assert.That(await Documents.GetAsync(Sample, CancellationToken), Is.Null);
    }

    [Test]
    public async Task A_missing_bucket_is_a_fault_and_never_an_absent_document()
    {
        await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        var info = await Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(10), CancellationToken);
        Fake.RemoveBucket();
        Func<Task>[] calls =
        [
            async () => await Documents.GetAsync(Sample, CancellationToken),
            async () => await Documents.TryPutAsync(Sample, "two", Precondition.None, CancellationToken),
            async () => await Documents.TryPutAsync(Sample, "two", Precondition.Absent, CancellationToken),
            async () =>
                await Documents.TryDeleteAsync(Sample, Precondition.Matches(new Revision("1")), CancellationToken),
            async () => await Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken),
            async () => await Blobs.StatAsync(info.Key, CancellationToken),
            async () => await Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken),
            async () => await Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(11), CancellationToken),
            async () => await Blobs.TryDeleteAsync(info.Key, Precondition.Matches(info.Revision), CancellationToken),
            async () => await Blobs.InfosAsync(Sample, ScopeDepth.Subtree, null, CancellationToken),
        ];
        foreach (var call in calls)
        {
            var fault = await CatchFaultAsync(call);
            Assert.That(fault.Kind, Is.EqualTo(StorageFault.Denied));
            Assert.That(fault.Message, Does.Contain("GCS__BUCKET"));
        }
    }

    [Test]
    public async Task Corruption_in_transit_and_in_the_bucket_is_reported()
    {
        await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.Garble);
        Assert.That(
            (await CatchFaultAsync(async () => await Documents.GetAsync(Sample, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Corrupt));
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.CutResponse(1));
        Assert.That(
            (await Documents.GetAsync(Sample, CancellationToken))!.Text(),
            Is.EqualTo("one"),
            "a truncated response is retried");

        var options = Storage.NewOptions();
        using var service = new GcsService(options, TimeProvider.System, NullLogger<GcsService>.Instance);
        var client = new GcsClient(options, service, TimeProvider.System);
        var refused = await CatchFaultAsync(
            () =>
                client.InsertAsync(
                    "x", GcsMetadata.OfDocument("id", Crc32C.Of("two"u8)), "one"u8.ToArray(), 0, CancellationToken));
        Assert.That(refused.Kind, Is.EqualTo(StorageFault.Corrupt), "the service verifies the checksum");
        await client.InsertAsync(
            "a/registry/documents/packages/sample/large",
            GcsMetadata.OfDocument("id", Crc32C.Of(new byte[Document.MaxBytes + 1])),
            new byte[Document.MaxBytes + 1],
            0,
            CancellationToken);
        var large = await CatchFaultAsync(
            async () => await Documents.GetAsync(StoreKey.Of("packages", "sample", "large"), CancellationToken));
        Assert.That(large.Kind, Is.EqualTo(StorageFault.Corrupt));
    }

    [Test]
    public async Task A_listing_survives_faults_and_short_pages_and_skips_foreign_objects()
    {
        var keys = Enumerable.Range(0, 25).Select(static i => StoreKey.Of("packages", "n", $"p{i}")).Order().ToArray();
        foreach (var key in keys)
            await Documents.PutAsync(key, "x", Precondition.Absent, CancellationToken);
        var options = Storage.NewOptions();
        using var service = new GcsService(options, TimeProvider.System, NullLogger<GcsService>.Instance);
        var client = new GcsClient(options, service, TimeProvider.System);
        foreach (var foreign in (string[])["UPPER", "", "@x"])
            await client.InsertAsync(
                $"a/registry/documents/packages/n/{foreign}",
                GcsMetadata.OfDocument("id", Crc32C.Of([])),
                ReadOnlyMemory<byte>.Empty,
                0,
                CancellationToken);

        Fake.Bucket.MaxPage = 4;
        Fake.Faults = static call =>
            call is { Operation: FakeGcsOperation.List } && call.Number % 2 == 0 ? FakeGcsFault.Answer(503) : null;
        Assert.That(
            await Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken),
            Is.EqualTo(keys.Select(static key => key.Value)));
        Assert.That(
            await Documents.KeysAsync(StoreKeys.Packages, keys[10], CancellationToken),
            Is.EqualTo(keys[11..].Select(static key => key.Value)));
    }

    /// <summary>The first write is applied without a response; from then on, reads are refused.</summary>
    private static Func<FakeGcsCall, FakeGcsFault?> LosesAnswer(params FakeGcsOperation[] reads)
    {
        var isWritten = false;
        return call =>
        {
            if (call.Operation == FakeGcsOperation.Insert && !isWritten)
            {
                isWritten = true;
                return FakeGcsFault.ResetAfter;
            }

            return isWritten && reads.Contains(call.Operation)
                ? FakeGcsFault.Answer(429) with { RetryAfter = "30" }
                : null;
        };
    }
}
