using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// Writes to the target of a migration are repeated after a temporary failure, which does not end the migration.
/// </summary>
internal static class TargetWrite
{
    /// <summary>The maximum number of attempts to copy a document or a blob.</summary>
    public const int MaxAttempts = 10;

    /// <summary>The pause after a write without a response. It grows with each attempt.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Writes a document to the target.</summary>
    /// <param name="target">The target.</param>
    /// <param name="key">The key of the document.</param>
    /// <param name="document">The document of the source.</param>
    /// <param name="replaced">The revision at the target that it replaces; null for none.</param>
    /// <param name="attempt">The number of this attempt, from 1.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    /// <returns>
    /// False when another writer has changed the document at the target. Null after a temporary failure: only another
    /// read of the target shows whether the document is there, and if it is not, it has to be copied once more.
    /// </returns>
    /// <exception cref="StorageException">The target failed, and this was the last attempt.</exception>
    public static async Task<bool?> TryAsync(
        RegistryStorage target,
        StoreKey key,
        Document document,
        Revision? replaced,
        int attempt,
        CancellationToken cancellationToken)
    {
        try
        {
            return await target.Documents.TryPutAsync(
                key, document.Content, Precondition.Unchanged(replaced), cancellationToken) is not null;
        }
        catch (StorageException exception) when (exception.IsTransient && attempt < MaxAttempts)
        {
            await PauseAsync(attempt, cancellationToken);
            return null;
        }
    }

    /// <summary>Waits after an attempt that failed temporarily.</summary>
    public static Task PauseAsync(int attempt, CancellationToken cancellationToken) =>
        Task.Delay(Pause * attempt, cancellationToken);
}
