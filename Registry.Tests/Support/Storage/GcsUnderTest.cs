using Microsoft.Extensions.Logging.Abstractions;
using Registry.Core.Telemetry;
using Registry.Storage.Gcs;
using Registry.Tests.Support.Gcs;

namespace Registry.Tests.Support.Storage;

/// <summary>The Google Cloud Storage backend over the fake.</summary>
internal sealed class GcsUnderTest : StorageUnderTest
{
    private readonly TemporaryFolder staging = new();

    private GcsUnderTest(FakeGcs fake) => Fake = fake;

    public FakeGcs Fake { get; }

    /// <summary>The staging folder of uploads.</summary>
    public string Staging => staging.Path;

    /// <summary>The calls that the clients repeated.</summary>
    public StorageRetries Retries { get; } = new();

    /// <summary>Changes the options of instances opened later.</summary>
    public Action<GcsOptions>? Configure { get; set; }

    /// <summary>How long commits share a touch; zero by default, as the full contract requires.</summary>
    public TimeSpan TouchWindow { get; set; }

    public static async ValueTask<GcsUnderTest> StartAsync() => new(await FakeGcs.StartAsync());

    /// <summary>Returns options for the fake, with short pauses.</summary>
    public GcsOptions NewOptions()
    {
        var options = new GcsOptions
        {
            Bucket = FakeGcs.BucketName,
            Prefix = "a/registry",
            EmulatorHost = Fake.Address.Authority,
            StagingFolder = staging.Path,
            FirstPause = TimeSpan.FromMilliseconds(1),
        };
        Configure?.Invoke(options);
        return options;
    }

    protected override ValueTask<StorageInstance> OpenInstanceAsync()
    {
        var options = NewOptions();
        var service = new GcsService(options, TimeProvider.System, NullLogger<GcsService>.Instance);
        var client = new GcsClient(options, service, TimeProvider.System, Retries);
        var names = new GcsNames(options.Prefix);
        var staging = new GcsStaging(options, TimeProvider.System);
        return ValueTask.FromResult(new StorageInstance(
            new GcsDocumentStore(client, names),
            new GcsBlobStore(
                client,
                names,
                staging,
                new GcsTouches(TimeProvider.System, TouchWindow),
                Budgets.Ample()),
            new Closing(service))
        {
            Uploads = new GcsUploadStore(
                client, names, staging, Budgets.Ample(), GcsRefresh.For(TimeSpan.FromHours(6))),
        });
    }

    protected override async ValueTask RemoveAsync()
    {
        await Fake.DisposeAsync();
        staging.Dispose();
    }

    private sealed class Closing(IDisposable resource) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            resource.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
