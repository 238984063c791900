using NUnit.Framework;
using Registry.Core.Access;
using Registry.Core.Errors;
using Registry.Core.Repositories;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Repositories;

/// <summary>How many uploads a caller may stage, alone and together with others.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class UploadLimitTests
{
    private const int Limit = 10;

    private static readonly Caller One = Holder("one");
    private static readonly Caller Other = Holder("other");

    private readonly ShiftedTime time = new();
    private readonly IUploadStore uploads;
    private readonly UploadLimit limit;

    public UploadLimitTests()
    {
        uploads = new InMemoryStorage(time).Uploads;
        limit = new UploadLimit(uploads, Limit, time);
    }

    [Test]
    public async Task A_caller_alone_has_half_of_the_uploads_and_leaves_the_others()
    {
        await BeginAsync(limit, One, 5);
        await RefusedAsync(limit, One, "5 uploads of this caller are in progress");
        await BeginAsync(limit, Other, 3);
        await RefusedAsync(limit, Other, "3 uploads of this caller");
        await BeginAsync(limit, Samples.Caller with { Scopes = ScopeSet.Everything }, 2);
        await RefusedAsync(limit, Holder("third"), "10 uploads are in progress, the limit of this registry");
    }

    [Test]
    public async Task Whoever_ends_an_upload_may_begin_another()
    {
        var begun = await BeginAsync(limit, One, 5);
        await uploads.DiscardAsync(begun[3], default);
        limit.End(begun[3]);
        await BeginAsync(limit, One, 1);
        await RefusedAsync(limit, One, "5 uploads of this caller");
    }

    [Test]
    public async Task Uploads_that_ended_at_another_replica_do_not_count_for_long()
    {
        foreach (var upload in await BeginAsync(limit, One, 5))
            await uploads.DiscardAsync(upload, default);
        time.Passed += TimeSpan.FromSeconds(1);
        await BeginAsync(limit, One, 5);
        time.Passed += TimeSpan.FromSeconds(1);
        await RefusedAsync(limit, One, "5 uploads of this caller");
    }

    [Test]
    public async Task A_caller_that_spreads_over_replicas_leaves_the_others_some()
    {
        var replica = new UploadLimit(uploads, Limit, time);
        var begun = 0;
        while (await TryBeginAsync(limit) | await TryBeginAsync(replica))
            begun++;
        Assert.That(begun, Is.Positive);
        await BeginAsync(limit, Other, 1);
        await BeginAsync(replica, Other, 1);

        async Task<bool> TryBeginAsync(UploadLimit at)
        {
            time.Passed += TimeSpan.FromSeconds(10);
            try
            {
                await at.BeginAsync(Scope, One, default);
                return true;
            }
            catch (RegistryException exception) when (exception.Code == ErrorCode.TooManyUploads)
            {
                return false;
            }
        }
    }

    private static StoreKey Scope => Samples.Package("team/app").Key;

    private static Caller Holder(string id) =>
        new(CallerKind.Token, "ci", "oci", "192.0.2.1", "1") { Id = id, Scopes = Samples.Scopes("team/**=push") };

    private static async Task<List<UploadKey>> BeginAsync(UploadLimit limit, Caller caller, int number)
    {
        var begun = new List<UploadKey>();
        while (begun.Count < number)
            begun.Add(await limit.BeginAsync(Scope, caller, default));
        return begun;
    }

    private static async Task RefusedAsync(UploadLimit limit, Caller caller, string message)
    {
        var refusal =
            await Assert.ThrowsAsync<RegistryException>(async () => await limit.BeginAsync(Scope, caller, default));
        Assert.That(refusal!.Code, Is.EqualTo(ErrorCode.TooManyUploads));
        Assert.That(refusal.Message, Does.StartWith(message));
    }
}
