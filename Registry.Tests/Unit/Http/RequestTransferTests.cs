using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using NUnit.Framework;
using Registry.Api.Http.Transfers;
using Registry.Core.Errors;
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

    private static readonly Exception[] AbortReasons =
    [
        new ConnectionAbortedException("The client has closed the connection."),
        new TaskCanceledException(),
        new IOException("The client has reset the stream."),
        new ConnectionResetException("The client has reset the connection."),
    ];

    public RequestTransferTests()
    {
        transfer = Begin(new TransferBudget(new TransferOptions(), time));
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

    [TestCaseSource(nameof(AbortReasons))]
    public async Task A_stalled_body_that_the_server_has_aborted_does_not_fail_who_waits_for_memory(Exception reason)
    {
        var budget = new TransferBudget(
            new TransferOptions { BufferBytes = 1000, StalledAfter = TimeSpan.FromSeconds(1) }, time);
        using var aborted = Begin(budget);
        using var stalled = Begin(budget);
        await aborted.ReserveAsync(500, default);
        await stalled.ReserveAsync(250, default);
        aborted.BeginWait(new AbortedReader(reason));
        time.Passed += TimeSpan.FromSeconds(1);
        var read = new WatchedReader(body.Reader, stalled).ReadAsync().AsTask();
        time.Passed += TimeSpan.FromSeconds(2);

        // Two waits for memory abort both.
        var waiting = (Task[])[budget.ReserveAsync(1000, default).AsTask(), budget.ReserveAsync(1, default).AsTask()];
        Assert.That(waiting.Select(static wait => wait.IsCompleted), Has.None.True);
        Assert.That(aborted.IsAbortedForMemory, Is.True);
        Assert.That(async () => await read, Throws.TypeOf<RegistryException>());

        aborted.Dispose();
        stalled.Dispose();
        await waiting[0];
        budget.Release(1000);
        await waiting[1];
        budget.Release(1);
    }

    [Test]
    public async Task Memory_that_is_reserved_instead_does_not_wait_for_what_the_request_had()
    {
        var budget = new TransferBudget(new TransferOptions { BufferBytes = 1000 }, time);
        using (var request = Begin(budget))
        {
            await request.ReserveAsync(500, default);
            var instead = request.ReserveInsteadAsync(700, default);
            Assert.That(instead.IsCompleted);
            await instead;
            Assert.That(budget.Reserved, Is.EqualTo(700));
        }

        Assert.That(budget.Reserved, Is.Zero);
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

    private RequestTransfer Begin(TransferBudget budget)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature());
        return new RequestTransfer(context, budget, Stall, time);
    }

    /// <summary>The reader of a body that the server has aborted: everything throws the reason.</summary>
    private sealed class AbortedReader(Exception reason) : PipeReader
    {
        public override void CancelPendingRead() => throw reason;

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => throw reason;

        public override bool TryRead(out ReadResult result) => throw reason;

        public override void AdvanceTo(SequencePosition consumed) => throw reason;

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => throw reason;

        public override void Complete(Exception? exception = null) => throw reason;
    }
}
