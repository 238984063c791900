using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Gcs;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed partial class GcsDocumentFaults : GcsFaults
{
    private static readonly FakeGcsFault[] Transient =
    [
        FakeGcsFault.Respond(429, "rateLimitExceeded"), FakeGcsFault.Respond(403, "rateLimitExceeded"),
        FakeGcsFault.Respond(503), FakeGcsFault.Respond(500), FakeGcsFault.Respond(408), FakeGcsFault.ResetBefore,
        FakeGcsFault.ResetAfter, FakeGcsFault.RespondAfter(503), FakeGcsFault.CutRequest(0), FakeGcsFault.CloseAfter,
    ];

    private static readonly object[][] Persistent =
    [
        [FakeGcsFault.Respond(429, "rateLimitExceeded"), StorageFault.Throttled],
        [FakeGcsFault.Respond(403, "userRateLimitExceeded"), StorageFault.Throttled],
        [FakeGcsFault.Respond(503), StorageFault.Unavailable], [FakeGcsFault.ResetBefore, StorageFault.Unavailable],
        [FakeGcsFault.Hang, StorageFault.Unavailable],
        [FakeGcsFault.Respond(401, "authError"), StorageFault.Denied],
        [FakeGcsFault.Respond(403, "forbidden"), StorageFault.Denied],
        [FakeGcsFault.Respond(403, "quotaExceeded"), StorageFault.Full],
    ];

    [TestCaseSource(nameof(Transient))]
    public async Task A_put_whose_first_attempt_fails_is_applied_once(FakeGcsFault fault)
    {
        var revision = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Fake.Fail(FakeGcsOperation.Insert, fault);
        var second = await Documents.PutAsync(Sample, "two", Precondition.Matches(revision), CancellationToken);
        Assert.That(second, Is.Not.EqualTo(revision));
        Assert.That((await Documents.GetAsync(Sample, CancellationToken))!.Revision, Is.EqualTo(second));

        Fake.Fail(FakeGcsOperation.Insert, fault);
        await Documents.PutAsync(Sample, "three", Precondition.None, CancellationToken);
        Assert.That((await Documents.GetAsync(Sample, CancellationToken))!.Text(), Is.EqualTo("three"));
    }

    [TestCaseSource(nameof(Transient))]
    public async Task A_create_without_a_response_is_not_repeated(FakeGcsFault fault)
    {
        Fake.Fail(FakeGcsOperation.Insert, fault);
        var isRefused = fault.Status is 429 or 403;
        if (isRefused)
        {
            await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        }
        else
        {
            var unknown = await CatchFaultAsync(
                async () => await Documents.TryPutAsync(Sample, "one", Precondition.Absent, CancellationToken));
            Assert.That((unknown.Kind, unknown.ChangedNothing), Is.EqualTo((StorageFault.Unavailable, false)));
        }

        Assert.That(Fake.CountOf(FakeGcsOperation.Insert), Is.EqualTo(isRefused ? 2 : 1));
        Assert.That(
            (await Documents.GetAsync(Sample, CancellationToken))?.Text(),
            isRefused || fault is { Applies: true, RequestBytes: null } ? Is.EqualTo("one") : Is.Null);
    }

    [Test]
    public async Task A_put_that_lost_its_race_returns_null_after_a_throttled_first_attempt()
    {
        await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.Respond(429));
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
        var revision = await Documents.PutAsync(Sample, "none", Precondition.Absent, CancellationToken);
        Fake.Faults = LosesResponse(FakeGcsOperation.GetObject);
        var fault = await CatchFaultAsync(
            async () => await Documents.TryPutAsync(Sample, "one", Precondition.Matches(revision), CancellationToken));
        Assert.That((fault.Kind, fault.ChangedNothing), Is.EqualTo((StorageFault.Throttled, false)));
        Fake.Faults = null;
        Assert.That((await Documents.GetAsync(Sample, CancellationToken))?.Text(), Is.EqualTo("one"), "it was applied");

        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.Respond(429) with { RetryAfter = "30" });
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
            ? LosesResponse(FakeGcsOperation.GetObject)
            : LosesResponse(FakeGcsOperation.GetObject, FakeGcsOperation.GetMedia);
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
            : FakeGcsFault.Respond(403, reason);
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
        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.Respond(403, "forbidden"), int.MaxValue);
        await CatchFaultAsync(
            async () => await Documents.TryPutAsync(Sample, "one", Precondition.Absent, CancellationToken));
        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.Respond(429) with { RetryAfter = "3600" }, int.MaxValue);
        await CatchFaultAsync(
            async () => await Documents.TryPutAsync(Sample, "one", Precondition.Absent, CancellationToken));
        Assert.That(Fake.CountOf(FakeGcsOperation.Insert), Is.EqualTo(2), "the second asked to retry after an hour");
    }

    [Test]
    public async Task A_server_that_hangs_once_costs_one_attempt()
    {
        await OpenAsync(static options => options.DeadlineSeconds = 4);
        var revision = await Documents.PutAsync(Sample, "none", Precondition.Absent, CancellationToken);
        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.Hang);
        await Documents.PutAsync(Sample, "one", Precondition.Matches(revision), CancellationToken);
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

    /// <summary>The first write is applied without a response; from then on, reads are refused.</summary>
    private static Func<FakeGcsCall, FakeGcsFault?> LosesResponse(params FakeGcsOperation[] reads)
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
                ? FakeGcsFault.Respond(429) with { RetryAfter = "30" }
                : null;
        };
    }
}
