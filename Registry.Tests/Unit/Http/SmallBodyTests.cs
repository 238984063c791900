using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using NUnit.Framework;
using Registry.Api.Http;
using Registry.Api.Http.Transfers;
using Registry.Api.Tokens;
using Registry.Core.Transfers;

namespace Registry.Tests.Unit.Http;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SmallBodyTests : IDisposable
{
    private const int MaxBytes = 128 * 1024;

    private readonly TransferBudget budget = new(new TransferOptions(), TimeProvider.System);
    private readonly DefaultHttpContext context = new();
    private readonly RequestTransfer transfer;

    public SmallBodyTests()
    {
        context.Features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature());
        transfer = new RequestTransfer(context, budget, TimeSpan.FromMinutes(1), TimeProvider.System);
        context.Features.Set(transfer);
    }

    public void Dispose() => transfer.Dispose();

    [TestCase(MaxBytes, true)]
    [TestCase(MaxBytes, false)]
    [TestCase(0, true)]
    [TestCase(0, false)]
    public async Task A_body_up_to_the_limit_is_read(int length, bool hasLength)
    {
        var bytes = new byte[length];
        Random.Shared.NextBytes(bytes);
        Send(bytes, hasLength);
        Assert.That((await SmallBody.ReadAsync(context.Request, MaxBytes, default))?.ToArray(), Is.EqualTo(bytes));
    }

    [Test]
    public async Task A_longer_body_is_null([Values] bool hasLength)
    {
        Send(new byte[MaxBytes + 1], hasLength);
        Assert.That(await SmallBody.ReadAsync(context.Request, MaxBytes, default), Is.Null);
    }

    [Test]
    public async Task A_short_body_takes_little_memory([Values] bool hasLength)
    {
        Send(new byte[10], hasLength);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var reading = SmallBody.ReadAsync(context.Request, MaxBytes, default);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(reading.IsCompleted, Is.True);
        Assert.That((await reading)?.Length, Is.EqualTo(10));
        Assert.That(allocated, Is.LessThan(32 * 1024));
    }

    [Test]
    public async Task A_request_for_a_token_reserves_memory()
    {
        Send("""{"name":"ci","scopes":["a/b=pull"],"expires_in":"1d"}"""u8.ToArray(), hasLength: true);
        await NewTokenReader.ReadAsync(context.Request, default);
        Assert.That(budget.Reserved, Is.Positive);
    }

    private void Send(byte[] bytes, bool hasLength)
    {
        context.Request.Body = new MemoryStream(bytes);
        context.Request.ContentLength = hasLength ? bytes.Length : null;
    }
}
