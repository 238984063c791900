using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Storage.Gcs;
using Registry.Tests.Support;
using Registry.Tests.Support.Gcs;

namespace Registry.Tests.Api.Storage;

/// <summary>
/// The whole service over a Google Cloud Storage that fails, for a moment or for good, at each step of a push and of
/// what follows it.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.Self)]
public sealed class GcsServiceFaultTests : IAsyncDisposable
{
    private const int Chunk = 256 * 1024;
    private const int Large = (2 * Chunk) + 12_345;
    private const int Small = 2_000;

    private static readonly FakeGcsFault[] Faults =
        [
            FakeGcsFault.Answer(429), FakeGcsFault.Answer(503), FakeGcsFault.AnswerAfter(503),
            FakeGcsFault.ResetBefore, FakeGcsFault.ResetAfter
        ];

    private static readonly Step[] Steps =
    [
        new("session start", Large, "", 1, FakeGcsOperation.StartSession),
        new("mid-upload", Large, "", 2, FakeGcsOperation.PutChunk),
        new("last byte", Large, "", 3, FakeGcsOperation.PutChunk),
        new("small blob", Small, "/blobs/", 1, FakeGcsOperation.Insert),
        new("index put", Small, "/documents/", 1, FakeGcsOperation.Insert),
        new("index read", Small, "/documents/", 1, FakeGcsOperation.GetObject, FakeGcsOperation.GetMedia),
    ];

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(3)).Token;
    private readonly List<IAsyncDisposable> opened = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var one in Enumerable.Reverse(opened))
            await one.DisposeAsync();
    }

    [TestCaseSource(nameof(Steps))]
    public async Task A_step_that_fails_once_is_not_noticed(Step step)
    {
        var (fake, host) = await StartAsync();
        var ledger = new PushLedger("once");
        Assert.That(
            await ledger.PushAsync(host.Client, "app", "0.0.1", Small, cancellationToken),
            Is.EqualTo(HttpStatusCode.OK));
        for (var number = 0; number < Faults.Length; number++)
        {
            var taken = 0;
            var fault = Faults[number];
            fake.Faults = call => step.Is(call) && Interlocked.Increment(ref taken) == step.Number ? fault : null;
            Assert.That(
                await ledger.PushAsync(host.Client, "app", $"1.0.{number}", step.Bytes, cancellationToken),
                Is.EqualTo(HttpStatusCode.OK),
                $"{fault}");
            Assert.That(taken, Is.AtLeast(step.Number), "the step was taken");
        }

        fake.Faults = null;
        await ledger.VerifyAsync(host.Client, cancellationToken);
    }

    [TestCaseSource(nameof(Steps))]
    public async Task A_step_that_goes_on_failing_is_503_and_the_service_is_itself_again_afterwards(Step step)
    {
        // Each status over a bucket of its own, at the same time: what takes time is the patience of the service.
        // That the index is written too often is a conflict, and no failure.
        int[] statuses = step.Name == "index put" ? [503] : [429, 503];
        await Task.WhenAll(statuses.Select(async status =>
        {
            var (fake, host) =
                await StartAsync("--Gcs:DeadlineSeconds=1", "--Gcs:TransferIdleSeconds=1", "--Updates:BoundSeconds=1");
            var ledger = new PushLedger("lasting");
            Assert.That(
                await ledger.PushAsync(host.Client, "app", "0.0.1", Small, cancellationToken),
                Is.EqualTo(HttpStatusCode.OK));
            var taken = 0;
            fake.Faults = call =>
                step.Is(call) && Interlocked.Increment(ref taken) >= step.Number ? FakeGcsFault.Answer(status) : null;
            Assert.That(
                await ledger.PushAsync(host.Client, "app", "1.0.0", step.Bytes, cancellationToken),
                Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            fake.Faults = null;
            await ledger.VerifyAsync(host.Client, cancellationToken);
            using (var refused =
                await host.Client.GetAsync("/api/v1/packages/lasting/app/1.0.0/helm/pull", cancellationToken))
                Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), "what was refused is not there");
            Assert.That(
                await ledger.PushAgainAsync(host.Client, "app", "1.0.0", cancellationToken),
                Is.EqualTo(HttpStatusCode.OK));
            await ledger.VerifyAsync(host.Client, cancellationToken);
        }));
    }

    [Test]
    public async Task A_service_that_does_not_answer_at_all_is_not_ready_until_it_does()
    {
        var (fake, host) =
            await StartAsync("--Gcs:DeadlineSeconds=1", "--Gcs:TransferIdleSeconds=1", "--Updates:BoundSeconds=1");
        await host.Client.UntilReadyAsync(cancellationToken);
        var ledger = new PushLedger("away");
        Assert.That(
            await ledger.PushAsync(host.Client, "app", "1.0.0", Large, cancellationToken),
            Is.EqualTo(HttpStatusCode.OK));
        foreach (var fault in (FakeGcsFault[])[
            FakeGcsFault.Answer(503), FakeGcsFault.Answer(429), FakeGcsFault.ResetBefore, FakeGcsFault.Hang
        ])
        {
            fake.Faults = _ => fault;
            await Task.WhenAll(((string[])[
                "/readyz", "/api/v1/packages", "/api/v1/packages/away/app",
                "/api/v1/packages/away/app/1.0.0/helm/pull", "/api/v1/app"
            ])
                .Select(async path =>
                {
                    using var answer = await host.Client.GetAsync(path, cancellationToken);
                    Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable), $"{path} {fault}");
                    Assert.That(answer.Headers.RetryAfter, Is.Not.Null, path);
                }));
            fake.Faults = null;
            using var ready = await host.Client.GetAsync("/readyz", cancellationToken);
            Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            await ledger.VerifyAsync(host.Client, cancellationToken);
        }
    }

    [Test]
    public async Task A_download_that_breaks_goes_on_where_it_broke_or_breaks_for_the_client_too()
    {
        var (fake, host) = await StartAsync("--Gcs:DeadlineSeconds=1", "--Gcs:TransferIdleSeconds=1");
        var ledger = new PushLedger("read");
        Assert.That(
            await ledger.PushAsync(host.Client, "app", "1.0.0", Large, cancellationToken),
            Is.EqualTo(HttpStatusCode.OK));
        foreach (var fault in (FakeGcsFault[])[
            FakeGcsFault.CutResponse(100_000), FakeGcsFault.Answer(503), FakeGcsFault.ResetBefore
        ])
        {
            fake.Fail(FakeGcsOperation.GetMedia, fault);
            await ledger.VerifyAsync(host.Client, cancellationToken);
        }

        // It breaks after the first bytes, and stays away.
        var media = 0;
        fake.Faults = call => call.Operation == FakeGcsOperation.GetMedia
            && call.Name.Contains("/blobs/", StringComparison.Ordinal)
            ? Interlocked.Increment(ref media) == 1 ? FakeGcsFault.CutResponse(200_000) : FakeGcsFault.Answer(503)
            : null;
        Assert.That(
            () => host.Client.GetByteArrayAsync("/api/v1/packages/read/app/1.0.0/helm/pull", cancellationToken),
            Throws.TypeOf<HttpRequestException>());
        fake.Faults = null;
        await ledger.VerifyAsync(host.Client, cancellationToken);
    }

    private async Task<(FakeGcs Fake, RegistryHost Host)> StartAsync(params string[] settings)
    {
        var fake = await FakeGcs.StartAsync();
        lock (opened)
            opened.Add(fake);
        var host = await RegistryHost.StartAsync(
            static services =>
                services.PostConfigure<GcsOptions>(
                    static options =>
                        (options.ChunkBytes, options.UploadBufferBytes, options.FirstPause) =
                            (Chunk, Chunk, TimeSpan.FromMilliseconds(1))),
            routes: null,
            [.. fake.NewStorage("faults"), .. settings]);
        lock (opened)
            opened.Add(host);

        // The first call compiles the client, which may take longer than the deadlines of these tests.
        await host.Client.UntilReadyAsync(cancellationToken);
        return (fake, host);
    }

    /// <summary>A step of a push.</summary>
    /// <param name="Name">What it is called in the name of the test.</param>
    /// <param name="Bytes">How large a package is that takes it.</param>
    /// <param name="Within">What the object's name contains.</param>
    /// <param name="Number">Which of the requests of a push that ask for this.</param>
    /// <param name="Operations">What it asks of the service: any of these.</param>
    public sealed record Step(string Name, int Bytes, string Within, int Number, params FakeGcsOperation[] Operations)
    {
        public bool Is(
            FakeGcsCall call) =>
            Operations.Contains(call.Operation) && call.Name.Contains(Within, StringComparison.Ordinal);

        public override string ToString() => Name;
    }
}
