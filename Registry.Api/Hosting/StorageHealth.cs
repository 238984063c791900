using Registry.Core.Storage;

namespace Registry.Api.Hosting;

/// <summary>Asks the storage whether it answers.</summary>
public sealed partial class StorageHealth(IDocumentStore documents, TimeProvider time, ILogger<StorageHealth> logger)
{
    /// <summary>How long an answer may take before it counts as none.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>A document that nobody writes: reading it costs nothing and proves that the storage is there.</summary>
    private static readonly StoreKey Asked = StoreKey.Of(StoreKeys.Probe.Value, "health");

    /// <summary>True when the storage answered in time. Why it did not is logged.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled.</exception>
    public async Task<bool> AnswersAsync(CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        try
        {
            await documents.GetAsync(Asked, either.Token);
            return true;
        }
        catch (StorageException e)
        {
            LogNoAnswer(e);
            return false;
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            LogNoAnswer(e);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The storage does not answer")]
    private partial void LogNoAnswer(Exception fault);
}
