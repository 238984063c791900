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
[Parallelizable(ParallelScope.Self)]
public sealed partial class GcsDocumentFaults : GcsFaults
{
    private static readonly FakeGcsFault[] Passing =
    [
        FakeGcsFault.Answer(429, "rateLimitExceeded"), FakeGcsFault.Answer(403, "rateLimitExceeded"),
        FakeGcsFault.Answer(503), FakeGcsFault.Answer(500), FakeGcsFault.Answer(408), FakeGcsFault.ResetBefore,
        FakeGcsFault.ResetAfter, FakeGcsFault.AnswerAfter(503), FakeGcsFault.CutRequest(0),
    ];

    private static readonly object[][] Lasting =
    [
        [FakeGcsFault.Answer(429, "rateLimitExceeded"), StorageFault.Throttled],
        [FakeGcsFault.Answer(403, "userRateLimitExceeded"), StorageFault.Throttled],
        [FakeGcsFault.Answer(503), StorageFault.Unavailable], [FakeGcsFault.ResetBefore, StorageFault.Unavailable],
        [FakeGcsFault.Hang, StorageFault.Unavailable],
        [FakeGcsFault.Answer(401, "authError"), StorageFault.Denied],
        [FakeGcsFault.Answer(403, "forbidden"), StorageFault.Denied],
        [FakeGcsFault.Answer(403, "quotaExceeded"), StorageFault.Full],
    ];

    [TestCaseSource(nameof(Passing))]
    public async Task A_put_whose_first_try_fails_is_done_once(FakeGcsFault fault)
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
    public async Task A_put_that_lost_its_race_says_so_though_its_first_try_was_refused_for_a_moment()
    {
        await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.Answer(429));
        Assert.That(await Documents.TryPutAsync(Sample, "two", Precondition.Absent, CancellationToken), Is.Null);
    }

    [Test]
    public async Task A_put_without_an_answer_over_which_another_wrote_has_an_unknown_outcome()
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
        var fault = await FaultOf(
            async () => await Documents.TryPutAsync(Sample, "two", Precondition.Matches(first), CancellationToken));
        Assert.That(
            fault.Kind,
            Is.EqualTo(StorageFault.Unavailable),
            "null would say that it was not done, a revision that it was");
    }

    [Test]
    public async Task A_read_that_is_refused_does_not_say_that_the_write_before_it_changed_nothing()
    {
        Fake.Faults = LosesAnswer(FakeGcsOperation.GetObject);
        var fault = await FaultOf(
            async () => await Documents.TryPutAsync(Sample, "one", Precondition.Absent, CancellationToken));
        Assert.That((fault.Kind, fault.ChangedNothing), Is.EqualTo((StorageFault.Throttled, false)));
        Fake.Faults = null;
        Assert.That((await Documents.GetAsync(Sample, CancellationToken))?.Text(), Is.EqualTo("one"), "it was written");

        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.Answer(429) with { RetryAfter = "30" });
        fault =
            await FaultOf(async () => await Documents.TryPutAsync(Sample, "two", Precondition.None, CancellationToken));
        Assert.That(fault.ChangedNothing, Is.True, "the only try was refused");
    }

    [Test]
    public async Task A_push_whose_answer_was_lost_is_never_told_that_its_release_was_there_before(
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
    public async Task A_refusal_after_a_try_without_an_answer_leaves_the_outcome_unknown(string reason)
    {
        var inserts = Fake.CountOf(FakeGcsOperation.Insert);
        Fake.Faults = call => call.Operation != FakeGcsOperation.Insert ? null
            : call.Number == inserts + 1 ? FakeGcsFault.ResetBefore
            : FakeGcsFault.Answer(403, reason);
        var fault = await FaultOf(
            async () => await Documents.TryPutAsync(Sample, "one", Precondition.Absent, CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable), "the first try may still arrive");
    }

    [TestCaseSource(nameof(Lasting))]
    public async Task A_fault_that_lasts_is_told_and_nothing_is_written(FakeGcsFault lasting, StorageFault kind)
    {
        await OpenImpatientAsync();
        Fake.Fail(FakeGcsOperation.Insert, lasting, int.MaxValue);
        var fault = await FaultOf(
            async () => await Documents.TryPutAsync(Sample, "one", Precondition.Absent, CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(kind), fault.Message);
        Assert.That(await Documents.GetAsync(Sample, CancellationToken), Is.Null);

        FakeGcsOperation[] reads = [FakeGcsOperation.GetMedia, FakeGcsOperation.List, FakeGcsOperation.GetObject];
        foreach (var operation in reads)
        {
            Fake.Fail(operation, lasting, int.MaxValue);
            fault = await FaultOf(async () => _ = operation switch
            {
                FakeGcsOperation.GetMedia => await Documents.GetAsync(Sample, CancellationToken) is null,
                FakeGcsOperation.List =>
                    (await Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken)).Count == 0,
                _ => await Documents.TryDeleteAsync(Sample, Precondition.None, CancellationToken),
            });
            Assert.That(
                fault.Kind,
                Is.EqualTo(kind == StorageFault.Full ? StorageFault.Throttled : kind),
                $"{operation}, which needs no room: {fault.Message}");
        }
    }

    [Test]
    public async Task What_will_not_pass_is_not_tried_again()
    {
        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.Answer(403, "forbidden"), int.MaxValue);
        await FaultOf(async () => await Documents.TryPutAsync(Sample, "one", Precondition.Absent, CancellationToken));
        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.Answer(429) with { RetryAfter = "3600" }, int.MaxValue);
        await FaultOf(async () => await Documents.TryPutAsync(Sample, "one", Precondition.Absent, CancellationToken));
        Assert.That(Fake.CountOf(FakeGcsOperation.Insert), Is.EqualTo(2), "the second asked for an hour of peace");
    }

    [Test]
    public async Task A_server_that_hangs_once_costs_one_try()
    {
        await OpenAsync(static options => options.DeadlineSeconds = 4);
        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.Hang);
        await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.Hang);
        Assert.That((await Documents.GetAsync(Sample, CancellationToken))!.Text(), Is.EqualTo("one"));
    }

    [TestCaseSource(nameof(Passing))]
    public async Task A_delete_whose_first_try_fails_is_done_or_unknown_and_never_denied(FakeGcsFault fault)
    {
        var revision = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Fake.Fail(FakeGcsOperation.Delete, fault);
        if (fault.Applies)
        {
            var unknown = await FaultOf(
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

    /// <summary>The first write is carried out without an answer, and from then on the reads are refused.</summary>
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
