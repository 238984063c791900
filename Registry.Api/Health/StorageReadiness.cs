using System.Security.Cryptography;
using Registry.Api.Http.Errors;
using Registry.Core.Storage;

namespace Registry.Api.Health;

/// <summary>Checks the storage: thoroughly before the port opens, cheaply for <c>/readyz</c>.</summary>
internal sealed partial class StorageReadiness(
    IDocumentStore documents, IStorageProbe backend, FaultLog faults, ILogger<StorageReadiness> logger)
{
    /// <summary>The timeout of the checks at startup.</summary>
    private static readonly TimeSpan StartupTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The timeout of a readiness check: about as long as an orchestrator waits.</summary>
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(3);

    private static readonly StoreKey AbsentKey = StoreKey.Of([.. StoreKeys.Probe.Segments(), "absent"]);

    /// <summary>Whether the last <see cref="CheckAsync"/> succeeded; null before the first.</summary>
    public bool? LastCheckSucceeded { get; private set; }

    /// <summary>The backend, as <c>STORAGE</c> names it.</summary>
    public string Name => backend.Name;

    /// <summary>See <see cref="IStorageProbe.Description"/>.</summary>
    public string Description => backend.Description;

    /// <summary>See <see cref="IStorageProbe.Facts"/>.</summary>
    public IReadOnlyDictionary<string, string> Facts => backend.Facts;

    /// <summary>
    /// Writes, reads, lists and deletes one document, and runs the probe of the backend. A full storage is logged and
    /// accepted if it can be read: its packages can be pulled, and deletes free space.
    /// </summary>
    /// <exception cref="StorageException">
    /// The storage does not work: a wrong path, bucket or password fails the startup, not the first request.
    /// </exception>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WithTimeoutAsync(StartupTimeout, ProbeDocumentsAsync, cancellationToken);
        }
        catch (StorageException exception) when (exception.Kind == StorageFault.Full)
        {
            await WithTimeoutAsync(StartupTimeout, ReadAsync, cancellationToken);
            LogFull(exception.Message);
        }
    }

    /// <summary>
    /// Reads one document that does not exist, within <see cref="CheckTimeout"/>. Cannot be cancelled: a probe that
    /// gives up earlier must not hide that the storage does not respond.
    /// </summary>
    /// <exception cref="StorageException">The storage cannot be read.</exception>
    public async Task CheckAsync()
    {
        try
        {
            await WithTimeoutAsync(CheckTimeout, ReadAsync, CancellationToken.None);
            LastCheckSucceeded = true;
        }
        catch (StorageException)
        {
            LastCheckSucceeded = false;
            throw;
        }
    }

    /// <summary>
    /// Checks the storage as <see cref="CheckAsync"/> does, with the timeout of a startup: the first call may have to
    /// obtain credentials.
    /// </summary>
    /// <exception cref="StorageException">The storage cannot be read.</exception>
    public Task ProbeReadableAsync(CancellationToken cancellationToken) =>
        WithTimeoutAsync(StartupTimeout, ReadAsync, cancellationToken);

    /// <summary>Returns whether <see cref="CheckAsync"/> succeeds, and logs why it does not.</summary>
    public async Task<bool> IsAvailableAsync()
    {
        try
        {
            await CheckAsync();
            return true;
        }
        catch (StorageException exception)
        {
            if (faults.IsFirst(exception, "Checking the storage", status: null))
                LogUnavailable(exception);
            return false;
        }
    }

    /// <summary>Runs an action, and adds the description of the storage to the message of a failure.</summary>
    /// <param name="action">The action.</param>
    /// <exception cref="StorageException">
    /// The action failed. The message begins with <see cref="Description"/>.
    /// </exception>
    public async Task DescribeFaultsAsync(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (StorageException exception)
        {
            throw new StorageException(exception.Kind, $"{Description}: {exception.Message}", exception);
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken) =>
        await documents.GetAsync(AbsentKey, cancellationToken);

    private async Task ProbeDocumentsAsync(CancellationToken cancellationToken)
    {
        await backend.ProbeAsync(cancellationToken);
        var key = StoreKey.Of([.. StoreKeys.Probe.Segments(), Guid.NewGuid().ToString("N")]);
        var content = RandomNumberGenerator.GetBytes(64);
        var revision = await PutAsync(key, content, cancellationToken) ?? throw Broken("did not store a new document");
        var wrong =
            await documents.GetAsync(key, cancellationToken) is not { } document
                || document.Revision != revision
                || !document.Content.Span.SequenceEqual(content)
                ? "did not return what was written"
            : !await ListsAsync(key, cancellationToken) ? "did not list what was written"
            : null;
        if (!await documents.TryDeleteAsync(key, Precondition.Matches(revision), cancellationToken))
            wrong ??= "did not delete what was written";
        if (wrong is not null)
            throw Broken(wrong);
    }

    private async Task<Revision?> PutAsync(StoreKey key, byte[] content, CancellationToken cancellationToken)
    {
        try
        {
            // No other process writes this key, so the storage client may repeat the write after a lost response.
            return await documents.TryPutAsync(key, content, Precondition.None, cancellationToken);
        }
        catch (StorageException exception) when (exception.Kind == StorageFault.Full)
        {
            // The document may have been written, and must not stay behind.
            await documents.TryDeleteAsync(key, Precondition.None, cancellationToken);
            throw;
        }
    }

    private async Task<bool> ListsAsync(StoreKey key, CancellationToken cancellationToken)
    {
        await foreach (var entry in documents.ListAsync(StoreKeys.Probe, after: null, cancellationToken))
            if (entry.Key == key)
                return true;
        return false;
    }

    private async Task WithTimeoutAsync(
        TimeSpan timeout, Func<CancellationToken, Task> probe, CancellationToken cancellationToken)
    {
        using var timeoutSource = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeoutSource.CancelAfter(timeout);
        try
        {
            await probe(timeoutSource.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StorageException(
                StorageFault.Unavailable,
                $"The storage '{Name}' did not respond within {timeout.TotalSeconds} seconds.",
                exception);
        }
    }

    private StorageException Broken(string what) => new(StorageFault.Corrupt, $"The storage '{Name}' {what}.");

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The storage is full: packages can be pulled and deleted, but not pushed. {Reason}")]
    private partial void LogFull(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The storage does not respond")]
    private partial void LogUnavailable(Exception fault);
}
