using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using NUnit.Framework;
using Registry.Api.Http.Transfers;
using Registry.Core.Transfers;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Http;

/// <summary>How long a request waits for its sender.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RequestTransferTests : IDisposable
{
    private static readonly TimeSpan Stall = TimeSpan.FromMinutes(10);

    private readonly ShiftedTime time = new();
    private readonly Pipe body = new();
    private readonly RequestTransfer transfer;
    private readonly WatchedReader reader;

    public RequestTransferTests()
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature());
        transfer = new RequestTransfer(context, new TransferBudget(new TransferOptions(), time), Stall, time);
        reader = new WatchedReader(body.Reader, transfer);
    }

    public void Dispose() => transfer.Dispose();

    [Test]
    public async Task A_wait_that_received_enough_does_not_shorten_the_next()
    {
        await WaitAsync(bytes: 5000);
        var next = reader.ReadAsync().AsTask();
        await Task.WhenAny(next, Task.Delay(200));
        Assert.That(next.IsCompleted, Is.False);

        await body.Writer.WriteAsync(new byte[1]);
        Assert.That((await next).Buffer.Length, Is.EqualTo(1));
    }

    [Test]
    public async Task A_wait_that_received_little_counts_until_enough_is_received()
    {
        await WaitAsync(bytes: 1);
        Assert.That(
            async () => await reader.ReadAsync(),
            Throws.TypeOf<BadHttpRequestException>().With
                .Property("StatusCode")
                .EqualTo(StatusCodes.Status408RequestTimeout));
    }

    /// <summary>Reads bytes that arrive just before the client counts as stalled.</summary>
    private async Task WaitAsync(int bytes)
    {
        var read = reader.ReadAsync().AsTask();
        time.Passed += Stall;
        await body.Writer.WriteAsync(new byte[bytes]);
        var result = await read;
        Assert.That(result.Buffer.Length, Is.EqualTo(bytes));
        reader.AdvanceTo(result.Buffer.End);
    }
}
