using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Gcs;

/// <summary>
/// Appends to a staged upload. It stages the bytes in a local file, and completing the append creates one object.
/// </summary>
/// <param name="client">The client.</param>
/// <param name="names">The names of the objects.</param>
/// <param name="upload">The upload.</param>
/// <param name="offset">The length of the upload so far.</param>
/// <param name="staged">The local file.</param>
/// <param name="budget">The memory budget.</param>
/// <param name="refresh">When the object of the upload is touched.</param>
internal sealed class GcsUploadWriter(
    GcsClient client,
    GcsNames names,
    UploadKey upload,
    long offset,
    StagedBlob staged,
    TransferBudget budget,
    GcsRefresh refresh) : StagedUploadWriter
{
    private readonly string writeId = Guid.NewGuid().ToString("N");
    private long refreshedAt = client.Time.GetTimestamp();

    protected override async ValueTask WriteCoreAsync(
        ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        staged.Append(bytes.Span);
        if (client.Time.GetElapsedTime(refreshedAt) >= refresh.After)
            await RefreshAsync(cancellationToken);
    }

    protected override async ValueTask<long?> CompleteCoreAsync(CancellationToken cancellationToken)
    {
        var isCompleted = staged.Length == 0
            ? await IsUnchangedAsync(cancellationToken)
            : await TryCreateAsync(names.Part(upload, offset), cancellationToken);
        return isCompleted ? offset + staged.Length : null;
    }

    protected override ValueTask DisposeCoreAsync()
    {
        staged.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Returns whether nothing was appended to the upload since this append began.</summary>
    private async Task<bool> IsUnchangedAsync(CancellationToken cancellationToken) =>
        await client.FindAsync(names.Part(upload, offset), cancellationToken) is null
            && await client.FindAsync(names.Of(upload), cancellationToken) is not null;

    /// <summary>
    /// Creates the object of the append. If the upload has been discarded in the meantime, nothing would delete it, so
    /// it is deleted here. Once the request is sent, a cancellation waits for all of this, so that the length does not
    /// change after it.
    /// </summary>
    private async Task<bool> TryCreateAsync(string part, CancellationToken cancellationToken)
    {
        var source = new StagedSource(client, staged, budget, waitsForAttempt: true);

        // A repetition may create the object again after a discard deleted it, so the upload is looked at afterwards.
        var write = await source.CreateAsync(
            part, GcsMetadata.OfUpload(writeId), generation: 0, repeatsUnknown: true, cancellationToken);
        var created = write is { IsDone: false, IsOutcomeUnknown: true } ? await FindOwnAsync(part) : write.Object;
        if (created is null)
            return false;
        if (await IsKeptAsync(GcsMetadata.UpdatedAtOf(created)))
            return true;
        await client.DeleteAsync(part, created.Generation ?? 0, metageneration: null, CancellationToken.None);
        return false;
    }

    /// <summary>Finds the object that an attempt without a response created; null when another append did.</summary>
    private async Task<GcsObject?> FindOwnAsync(string part) =>
        await client.FindAsync(part, CancellationToken.None) is { } found && GcsMetadata.WriteIdOf(found) == writeId
            ? found
            : null;

    /// <summary>
    /// Returns whether the upload still exists, and keeps it from a collector that found it idle and listed its appends
    /// before this one was created. Such a collector deletes the object of the upload only if it has not changed.
    /// </summary>
    /// <param name="appendedAt">
    /// When the append was created. Like the time of the upload, it is by the clock of the service.
    /// </param>
    private async Task<bool> IsKeptAsync(DateTimeOffset appendedAt)
    {
        var name = names.Of(upload);
        if (await client.FindAsync(name, CancellationToken.None) is not { } found)
            return false;

        // A collector to which such a recent change is idle has listed the append.
        if (appendedAt - GcsMetadata.UpdatedAtOf(found) < refresh.After)
            return true;

        // If the touch is rejected and the upload exists, another writer has changed it, which keeps it as well.
        return (await TouchAsync(name, found, CancellationToken.None)).IsDone
            || await client.FindAsync(name, CancellationToken.None) is not null;
    }

    /// <summary>
    /// Touches the object of the upload. Another writer may do so at the same time, or may have discarded the upload,
    /// which completing the append will show.
    /// </summary>
    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var name = names.Of(upload);
        if (await client.FindAsync(name, cancellationToken) is { } found)
            await TouchAsync(name, found, cancellationToken);
        refreshedAt = client.Time.GetTimestamp();
    }

    private Task<GcsWrite> TouchAsync(string name, GcsObject found, CancellationToken cancellationToken) =>
        client.PatchAsync(
            name,
            GcsMetadata.OfRefresh(writeId),
            found.Generation ?? 0,
            found.Metageneration ?? 0,
            cancellationToken);
}
