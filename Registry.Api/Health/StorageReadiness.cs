using System.Security.Cryptography;
using Registry.Api.Http.Errors;
using Registry.Core.Storage;

namespace Registry.Api.Health;

/// <summary>Asks the storage whether it works: thoroughly before the port opens, cheaply for <c>/readyz</c>.</summary>
internal sealed partial class StorageReadiness(
    IDocumentStore documents, IStorageProbe backend, FaultLog faults, ILogger<StorageReadiness> logger)
{
    /// <summary>How long the probe at start may take: longer than that, a storage does not answer.</summary>
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(10);

    /// <summary>The same for one cheap read: what an orchestrator has patience for.</summary>
    private static readonly TimeSpan AskDeadline = TimeSpan.FromSeconds(3);

    private static readonly StoreKey Asked = StoreKey.Of([.. StoreKeys.Probe.Segments(), "absent"]);

    /// <summary>What <c>STORAGE</c> calls the backend.</summary>
    public string Name => backend.Name;

    /// <summary>See <see cref="IStorageProbe.Description"/>.</summary>
    public string Description => backend.Description;

    /// <summary>See <see cref="IStorageProbe.Facts"/>.</summary>
    public IReadOnlyDictionary<string, string> Facts => backend.Facts;

    /// <summary>
    /// Writes, reads, lists and deletes one document, and proves what the backend needs besides. A full storage is
    /// logged and accepted when it can be read: what it holds is served, and deletes make room.
    /// </summary>
    /// <exception cref="StorageException">
    /// It does not work: a wrong path, bucket or password is an error at start and not the first user's.
    /// </exception>
    public async Task ProveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WithinAsync(StartDeadline, ProveWithinAsync, cancellationToken);
        }
        catch (StorageException full) when (full.Kind == StorageFault.Full)
        {
            await WithinAsync(StartDeadline, ReadAsync, cancellationToken);
            LogFull(full.Message);
        }
    }

    /// <summary>One cheap read.</summary>
    /// <exception cref="StorageException">The storage does not answer.</exception>
    public Task AskAsync(CancellationToken cancellationToken) => WithinAsync(AskDeadline, ReadAsync, cancellationToken);

    /// <summary>
    /// As <see cref="AskAsync"/>, with the patience of a start: the first call may have to find credentials.
    /// </summary>
    /// <exception cref="StorageException">The storage cannot be read.</exception>
    public Task ProveReadableAsync(
        CancellationToken cancellationToken) => WithinAsync(StartDeadline, ReadAsync, cancellationToken);

    /// <summary>As <see cref="AskAsync"/>; why it does not answer is logged.</summary>
    public async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await AskAsync(cancellationToken);
            return true;
        }
        catch (StorageException fault)
        {
            if (faults.IsFirst(fault, "Asking the storage", status: null))
                LogNoAnswer(fault);
            return false;
        }
    }

    /// <summary>Tells the operator which storage failed: what a backend throws need not say where it is.</summary>
    /// <param name="action">What may fail.</param>
    /// <exception cref="StorageException">It failed; the message begins with <see cref="Description"/>.</exception>
    public async Task DescribeFaultsAsync(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (StorageException fault)
        {
            throw new StorageException(fault.Kind, $"{Description}: {fault.Message}", fault);
        }
    }

    private async Task ReadAsync(
        CancellationToken cancellationToken) => await documents.GetAsync(Asked, cancellationToken);

    private async Task ProveWithinAsync(CancellationToken cancellationToken)
    {
        await backend.ProbeAsync(cancellationToken);
        var key = StoreKey.Of([.. StoreKeys.Probe.Segments(), Guid.NewGuid().ToString("N")]);
        var content = RandomNumberGenerator.GetBytes(64);
        var revision = await PutAsync(key, content, cancellationToken) ?? throw Broken("did not take a new document");
        var wrong =
            await documents.GetAsync(key, cancellationToken) is not { } document
                || document.Revision != revision
                || !document.Content.Span.SequenceEqual(content)
                ? "did not give back what was written"
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
            return await documents.TryPutAsync(key, content, Precondition.Absent, cancellationToken);
        }
        catch (StorageException full) when (full.Kind == StorageFault.Full)
        {
            // Whether it was written is not known, and nothing is to be left behind.
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

    private async Task WithinAsync(
        TimeSpan deadline, Func<CancellationToken, Task> probe, CancellationToken cancellationToken)
    {
        using var within = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        within.CancelAfter(deadline);
        try
        {
            await probe(within.Token);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StorageException(
                StorageFault.Unavailable,
                $"The storage '{Name}' did not answer within {deadline.TotalSeconds} seconds.",
                late);
        }
    }

    private StorageException Broken(string what) => new(StorageFault.Corrupt, $"The storage '{Name}' {what}.");

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The storage is full: packages are served and can be deleted, pushes are refused. {Reason}")]
    private partial void LogFull(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The storage does not answer")]
    private partial void LogNoAnswer(Exception fault);
}
