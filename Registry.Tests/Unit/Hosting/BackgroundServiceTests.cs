using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Registry.Api.Hosting;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Hosting;

/// <summary>What happens when a background service fails.</summary>
public sealed class BackgroundServiceTests
{
    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;

    [Test]
    public async Task A_failed_collection_is_logged_and_retried()
    {
        var failures = 0;
        await using var host = await RegistryHost.StartAsync(
            services =>
            {
                var storage = new InMemoryStorage();
                var faults = new StorageFaults
                {
                    Before = call =>
                        call.Operation is StorageOperation.DiscardAbandoned or StorageOperation.ListBlobs
                        && Interlocked.Increment(ref failures) <= 2
                        ? throw new InvalidOperationException("a defect")
                        : default,
                };
                services.AddSingleton(storage.Documents)
                    .AddSingleton<Core.Storage.IBlobStore>(new FaultyBlobStore(storage.Blobs, faults));
            },
            routes: null,
            "--Collection:PeriodSeconds=0.05");
        await WaitForLogAsync(host, LogLevel.Error, "Discarding abandoned uploads failed");
        await WaitForLogAsync(host, LogLevel.Error, "The collection failed");
        await WaitForLogAsync(host, LogLevel.Information, "Collected 0 blobs");
    }

    [TestCase("0.001")]
    [TestCase("3999999")]
    public async Task A_collection_waits_for_the_shortest_and_the_longest_period(string seconds)
    {
        await using var host = await RegistryHost.StartAsync($"--Collection:PeriodSeconds={seconds}");
        var service = host.Services.GetServices<IHostedService>().OfType<CollectorService>().Single();
        await Task.Delay(100, cancellationToken);
        Assert.That(service.ExecuteTask?.IsCompleted, Is.False);
    }

    [Test]
    public async Task A_collection_removes_tokens_that_expired_long_ago()
    {
        await using var host = await RegistryHost.StartAsync("--Collection:PeriodSeconds=0.05");
        var registry = new GuardedRegistry(host);
        await registry.IssueAsync("a/b=pull", new ShiftedTime { Shift = TimeSpan.FromDays(-32) });
        await WaitForLogAsync(host, LogLevel.Information, "Removed expired token test");
    }

    [Test]
    public async Task A_failed_collection_does_not_keep_tokens_that_expired_long_ago()
    {
        var storage = new InMemoryStorage();
        var faults = new StorageFaults
        {
            Before = static call => call.Operation == StorageOperation.ListBlobs
                ? throw new InvalidOperationException("a defect")
                : default,
        };
        await using var host = await RegistryHost.StartAsync(
            services => services.AddSingleton(storage.Documents)
                .AddSingleton<IBlobStore>(new FaultyBlobStore(storage.Blobs, faults)),
            routes: null,
            "--Collection:PeriodSeconds=0.05");
        var registry = new GuardedRegistry(host);
        await registry.IssueAsync("a/b=pull", new ShiftedTime { Shift = TimeSpan.FromDays(-32) });
        await WaitForLogAsync(host, LogLevel.Information, "Removed expired token test");
        await WaitForLogAsync(host, LogLevel.Error, "The collection failed");
    }

    [Test]
    public async Task A_collection_does_not_fail_when_expired_tokens_and_sessions_cannot_be_removed()
    {
        var storage = new InMemoryStorage();
        var faults = new StorageFaults
        {
            Before = static call => call.Operation == StorageOperation.ReadDocuments
                && (call.Key == StoreKeys.Tokens.Value || call.Key == StoreKeys.Sessions.Value)
                    ? throw new InvalidOperationException("a defect")
                    : default,
        };
        await using var host = await RegistryHost.StartAsync(
            services => services.AddSingleton<IDocumentStore>(new FaultyDocumentStore(storage.Documents, faults))
                .AddSingleton(storage.Blobs),
            routes: null,
            "--Collection:PeriodSeconds=0.05");
        await WaitForLogAsync(host, LogLevel.Error, "Removing expired tokens failed; retrying in 0.05 s");
        await WaitForLogAsync(host, LogLevel.Error, "Removing expired sessions failed; retrying in 0.05 s");
        Assert.That(host.Messages, Has.None.StartsWith("The collection failed"));
    }

    [Test]
    public async Task A_crashed_background_service_ends_the_process_with_an_error()
    {
        var exitCode = await RunAsync(
            new LogRecorder(), static services => services.AddHostedService<LateCrashingService>());
        Assert.That(exitCode, Is.EqualTo(1));
    }

    [Test]
    public async Task A_background_service_that_crashes_during_startup_is_logged_and_ends_the_process_with_an_error()
    {
        var log = new LogRecorder();
        var exitCode = await RunAsync(
            log,
            static services => services.AddHostedService<CrashingService>().AddHostedService<AwaitingStopService>());
        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(log.Faults.Select(static entry => entry.Exception?.Message), Is.EqualTo(["a defect"]));
    }

    [Test]
    public async Task A_stop_during_startup_ends_the_process_without_an_error()
    {
        var log = new LogRecorder();
        Assert.That(await RunAsync(log, static services => services.AddHostedService<StoppingService>()), Is.Zero);
        Assert.That(log.Faults, Is.Empty);
    }

    private async Task<int> RunAsync(LogRecorder log, Action<IServiceCollection> services)
    {
        using var folder = new TemporaryFolder();
        return await RegistryApplication.RunAsync(
            ["--urls=http://127.0.0.1:0", $"--Filesystem:Path={folder.Below("data")}"],
            builder =>
            {
                builder.Logging.ClearProviders().AddProvider(log);
                services(builder.Services);
            }).WaitAsync(cancellationToken);
    }

    private async Task WaitForLogAsync(RegistryHost host, LogLevel level, string beginning)
    {
        while (!host.Log.Entries.Any(
            entry => entry.Level == level && entry.Message.StartsWith(beginning, StringComparison.Ordinal)))
            await Task.Delay(20, cancellationToken);
    }

    private sealed class LateCrashingService : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), stoppingToken);
            throw new InvalidOperationException("a defect");
        }
    }

    private sealed class CrashingService : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
            throw new InvalidOperationException("a defect");
    }

    /// <summary>Delays the startup until the service stops.</summary>
    private sealed class AwaitingStopService : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            var stopped = new TaskCompletionSource();
            await using var registration = cancellationToken.Register(stopped.SetResult);
            await stopped.Task;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Stops the service while it starts, as a signal does.</summary>
    private sealed class StoppingService(IHostApplicationLifetime lifetime) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            lifetime.StopApplication();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
