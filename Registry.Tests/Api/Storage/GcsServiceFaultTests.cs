using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Storage.Gcs;
using Registry.Tests.Support;
using Registry.Tests.Support.Gcs;

namespace Registry.Tests.Api.Storage;

/// <summary>
/// The whole service over a Google Cloud Storage that fails, briefly or permanently, at each step of a push and
/// afterwards.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GcsServiceFaultTests : IAsyncDisposable
{
    private const int Chunk = 256 * 1024;
    private const int Large = (2 * Chunk) + 12_345;
    private const int Small = 2_000;

    private static readonly FakeGcsFault[] Faults =
        [
            FakeGcsFault.Respond(429), FakeGcsFault.Respond(503), FakeGcsFault.RespondAfter(503),
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
    public async Task A_step_that_fails_once_is_retried(Step step)
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
            Assert.That(taken, Is.AtLeast(step.Number), "the step was reached");
        }

        fake.Faults = null;
        await ledger.VerifyAsync(host.Client, cancellationToken);
    }

    [TestCaseSource(nameof(Steps))]
    public async Task A_step_that_keeps_failing_is_503_until_it_recovers(Step step)
    {
        // Each status runs over its own bucket, in parallel, because the service retries for a while.
        // Writing the index too often is a conflict, not a failure.
        int[] statuses = step.Name == "index put" ? [503] : [429, 503];
        await Task.WhenAll(statuses.Select(async status =>
        {
            var (fake, host) = await StartAsync("--Updates:BoundSeconds=1");
            var ledger = new PushLedger("lasting");
            Assert.That(
                await ledger.PushAsync(host.Client, "app", "0.0.1", Small, cancellationToken),
                Is.EqualTo(HttpStatusCode.OK));
            var taken = 0;
            Break(fake, host, call =>
                step.Is(call) && Interlocked.Increment(ref taken) >= step.Number ? FakeGcsFault.Respond(status) : null);
            Assert.That(
                await ledger.PushAsync(host.Client, "app", "1.0.0", step.Bytes, cancellationToken),
                Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Repair(fake, host);
            await ledger.VerifyAsync(host.Client, cancellationToken);
            using (var refused =
                await host.Client.GetAsync("/api/v1/packages/lasting/app/1.0.0/helm/pull", cancellationToken))
                Assert.That(
                    refused.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), "the refused release does not exist");
            Assert.That(
                await ledger.PushAgainAsync(host.Client, "app", "1.0.0", cancellationToken),
                Is.EqualTo(HttpStatusCode.OK));
            await ledger.VerifyAsync(host.Client, cancellationToken);
        }));
    }

    [Test]
    public async Task The_registry_is_not_ready_while_the_storage_is_unreachable()
    {
        var (fake, host) = await StartAsync("--Updates:BoundSeconds=1");
        var ledger = new PushLedger("away");
        Assert.That(
            await ledger.PushAsync(host.Client, "app", "1.0.0", Large, cancellationToken),
            Is.EqualTo(HttpStatusCode.OK));
        foreach (var fault in (FakeGcsFault[])[
            FakeGcsFault.Respond(503), FakeGcsFault.Respond(429), FakeGcsFault.ResetBefore, FakeGcsFault.Hang
        ])
        {
            Break(fake, host, _ => fault);
            await Task.WhenAll(((string[])[
                "/readyz", "/api/v1/packages", "/api/v1/packages/away/app",
                "/api/v1/packages/away/app/1.0.0/helm/pull", "/api/v1/app"
            ])
                .Select(async path =>
                {
                    using var response = await host.Client.GetAsync(path, cancellationToken);
                    Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable), $"{path} {fault}");
                    Assert.That(response.Headers.RetryAfter, Is.Not.Null, path);
                }));
            Repair(fake, host);
            using var ready = await host.Client.GetAsync("/readyz", cancellationToken);
            Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            await ledger.VerifyAsync(host.Client, cancellationToken);
        }
    }

    [Test]
    public async Task A_broken_download_resumes_or_breaks_the_connection()
    {
        var (fake, host) = await StartAsync();
        var ledger = new PushLedger("read");
        Assert.That(
            await ledger.PushAsync(host.Client, "app", "1.0.0", Large, cancellationToken),
            Is.EqualTo(HttpStatusCode.OK));
        foreach (var fault in (FakeGcsFault[])[
            FakeGcsFault.CutResponse(100_000), FakeGcsFault.Respond(503), FakeGcsFault.ResetBefore
        ])
        {
            fake.Fail(FakeGcsOperation.GetMedia, fault);
            await ledger.VerifyAsync(host.Client, cancellationToken);
        }

        // It fails after the first bytes, and keeps failing.
        var media = 0;
        Break(fake, host, call => call.Operation == FakeGcsOperation.GetMedia
            && call.Name.Contains("/blobs/", StringComparison.Ordinal)
            ? Interlocked.Increment(ref media) == 1 ? FakeGcsFault.CutResponse(200_000) : FakeGcsFault.Respond(503)
            : null);
        Assert.That(
            () => host.Client.GetByteArrayAsync("/api/v1/packages/read/app/1.0.0/helm/pull", cancellationToken),
            Throws.TypeOf<HttpRequestException>());
        Repair(fake, host);
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

        // The first call compiles the client code, which may take longer than the deadlines of these tests.
        await host.Client.UntilReadyAsync(cancellationToken);
        return (fake, host);
    }

    /// <summary>Makes requests fail, which the registry retries for a second only.</summary>
    private static void Break(FakeGcs fake, RegistryHost host, Func<FakeGcsCall, FakeGcsFault?> faults)
    {
        var options = host.Services.GetRequiredService<GcsOptions>();
        (options.DeadlineSeconds, options.TransferIdleSeconds) = (1, 1);
        fake.Faults = faults;
    }

    /// <summary>Ends the faults. Calls that must succeed have the default timeouts, also on a busy machine.</summary>
    private static void Repair(FakeGcs fake, RegistryHost host)
    {
        fake.Faults = null;
        var (options, defaults) = (host.Services.GetRequiredService<GcsOptions>(), new GcsOptions());
        (options.DeadlineSeconds, options.TransferIdleSeconds) =
            (defaults.DeadlineSeconds, defaults.TransferIdleSeconds);
    }

    /// <summary>A step of a push.</summary>
    /// <param name="Name">The name of the step in the test.</param>
    /// <param name="Bytes">The size of a package that reaches the step, in bytes.</param>
    /// <param name="Within">Part of the object name.</param>
    /// <param name="Number">The number of the request among the matching requests of a push.</param>
    /// <param name="Operations">The operations of the step.</param>
    public sealed record Step(string Name, int Bytes, string Within, int Number, params FakeGcsOperation[] Operations)
    {
        public bool Is(
            FakeGcsCall call) =>
            Operations.Contains(call.Operation) && call.Name.Contains(Within, StringComparison.Ordinal);

        public override string ToString() => Name;
    }
}
