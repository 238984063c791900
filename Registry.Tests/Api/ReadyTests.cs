using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Api;

/// <summary>Readiness of the service.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ReadyTests : IAsyncDisposable
{
    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;
    private readonly InMemoryStorage storage = new();
    private readonly StorageFaults faults = new();
    private RegistryHost? host;

    public async ValueTask DisposeAsync() => await (host?.DisposeAsync() ?? default);

    [Test]
    public async Task It_becomes_ready_after_loading_packages_and_stays_ready()
    {
        var gate = new TaskCompletionSource();
        faults.Before = async call =>
        {
            if (call.Operation == StorageOperation.DocumentChanges)
                await gate.Task;
        };
        await StartAsync();
        using (var response = await host!.Client.GetAsync("/readyz", cancellationToken))
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(response.Headers.RetryAfter, Is.Not.Null);
            Assert.That(
                await response.Content.ReadAsStringAsync(cancellationToken),
                Does.Contain("still loading its packages").And.Contain("\"waiting_for\":[\"packages\"]"));
        }

        faults.Before = async call =>
        {
            if (call.Operation == StorageOperation.DocumentChanges)
                await gate.Task;
            else
                throw new StorageException(StorageFault.Unavailable, "away");
        };
        using (var response = await host.Client.GetAsync("/readyz", cancellationToken))
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(response.Headers.RetryAfter, Is.Not.Null);
            Assert.That(
                await response.Content.ReadAsStringAsync(cancellationToken),
                Does.Contain("\"code\":\"unavailable\"")
                    .And.Contain("\"waiting_for\":[\"storage\",\"packages\"]"));
        }

        faults.Before = async call =>
        {
            if (call.Operation == StorageOperation.DocumentChanges)
                await gate.Task;
            else
                throw new StorageException(StorageFault.Denied, "/secret");
        };
        using (var response = await host.Client.GetAsync("/readyz", cancellationToken))
            Assert.That(
                await response.Content.ReadAsStringAsync(cancellationToken),
                Does.Contain("denies").And.Contain("\"waiting_for\":[\"storage\",\"packages\"]")
                    .And.Not.Contain("secret"));

        faults.Before = async call =>
        {
            if (call.Operation == StorageOperation.DocumentChanges)
                await gate.Task;
        };

        gate.SetResult();
        await host!.Client.UntilReadyAsync(cancellationToken);
        faults.Before = call =>
            call.Operation == StorageOperation.DocumentChanges
                ? throw new StorageException(StorageFault.Unavailable, "away")
                : default;
        using (var list = await host.Client.GetAsync("/api/v1/packages", cancellationToken))
            Assert.That(list.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        using (var response = await host.Client.GetAsync("/readyz", cancellationToken))
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Loading_retries_failures_and_skips_damaged_indexes()
    {
        await storage.Documents.TryPutAsync(
            Samples.Package("a/bad").Key, "damage"u8.ToArray(), Precondition.Absent, cancellationToken);
        var failures = 0;
        faults.Before = call => call.Operation == StorageOperation.ReadDocuments
            && Interlocked.Increment(ref failures) == 1
            ? throw new StorageException(StorageFault.Unavailable, "away")
            : default;
        await StartAsync();
        await host!.Client.UntilReadyAsync(cancellationToken);
        Assert.That(failures, Is.GreaterThan(1));
        Assert.That(await host!.Client.GetStringAsync("/api/v1/packages", cancellationToken), Is.EqualTo("[]\n"));
    }

    [Test]
    public async Task A_failure_while_loading_is_logged_and_retried()
    {
        var isBroken = true;
        faults.Before = call =>
            isBroken && call.Operation == StorageOperation.ReadDocuments
                ? throw new InvalidOperationException("a defect")
                : default;
        await StartAsync();
        while (!host!.Log.Entries.Any(
            static entry => entry.Message.StartsWith("Loading packages failed", StringComparison.Ordinal)))
            await Task.Delay(20, cancellationToken);
        using (var response = await host.Client.GetAsync("/readyz", cancellationToken))
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        isBroken = false;
        await host.Client.UntilReadyAsync(cancellationToken);
    }

    private async Task StartAsync() =>
        host = await RegistryHost.StartAsync(
            services => services.AddSingleton<IDocumentStore>(new FaultyDocumentStore(storage.Documents, faults)));
}
