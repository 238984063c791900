using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Gcs;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Gcs;

/// <summary>One instance of the backend over the fake, for behavior specific to Google Cloud Storage.</summary>
public abstract class GcsFaults : IAsyncDisposable
{
    private GcsUnderTest? storage;

    protected static StoreKey Sample { get; } = StoreKey.Of("packages", "sample", "app");

    protected CancellationToken CancellationToken { get; } = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;

    private protected FakeGcs Fake => storage!.Fake;

    private protected GcsUnderTest Storage => storage!;

    protected IDocumentStore Documents { get; private set; } = null!;

    protected IBlobStore Blobs { get; private set; } = null!;

    protected IUploadStore Uploads { get; private set; } = null!;

    [SetUp]
    public async Task Open()
    {
        storage = await GcsUnderTest.StartAsync();
        await OpenAsync(static _ => { });
    }

    public async ValueTask DisposeAsync()
    {
        if (storage is not null)
            await storage.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens the stores again with other options.</summary>
    private protected async Task OpenAsync(Action<GcsOptions> configure)
    {
        storage!.Configure = configure;
        var opened = await storage.OpenAsync();
        (Documents, Blobs, Uploads) = (opened.Documents, opened.Blobs, opened.Uploads);
    }

    /// <summary>Short timeouts, for persistent faults.</summary>
    private protected Task OpenWithShortTimeoutsAsync() =>
        OpenAsync(static options => (options.DeadlineSeconds, options.TransferIdleSeconds) = (1, 1));

    private protected static async Task<StorageException> CatchFaultAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (StorageException exception)
        {
            return exception;
        }

        throw new AssertionException("The call succeeded.");
    }
}
