using Registry.Core.Access;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Repositories;

/// <summary>
/// Limits the number of staged uploads, in total and per caller. A caller may begin another upload while it has fewer
/// than are free. So a single caller gets at most half of the limit, and cannot block the others.
/// </summary>
/// <remarks>
/// The total is read from the storage from time to time; in between, the uploads that this process begins and ends are
/// counted. The storage does not record callers, so the uploads of a caller are those that began in this process. They
/// may end in another process, which is checked before the caller is rejected.
/// </remarks>
internal sealed class UploadLimit(IUploadStore uploads, int limit, TimeProvider time)
{
    /// <summary>The maximum number of uploads of a caller that are looked up before the caller is rejected.</summary>
    private const int MaxLookups = 16;

    /// <summary>How long a count is used.</summary>
    private static readonly TimeSpan CountedFor = TimeSpan.FromSeconds(10);

    /// <summary>How long a count is used to reject a caller: other processes may have ended uploads.</summary>
    private static readonly TimeSpan RefusedFor = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();

    /// <summary>The uploads that began in this process, the oldest first; at most as many as the limit.</summary>
    private readonly LinkedList<(UploadKey Upload, string Owner)> begun = [];
    private readonly Dictionary<UploadKey, LinkedListNode<(UploadKey Upload, string Owner)>> nodes = [];
    private readonly Dictionary<string, int> owned = [];
    private int count;
    private long? countedAt;

    /// <summary>Begins an upload.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.TooManyUploads"/>.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<UploadKey> BeginAsync(StoreKey scope, Caller caller, CancellationToken cancellationToken)
    {
        var owner = OwnerOf(caller);
        if (IsDue(owner))
        {
            var staged = await uploads.CountAsync(limit, cancellationToken);
            lock (gate)
                (count, countedAt) = (staged, time.GetTimestamp());
        }

        if (RefusalOf(owner) is not null && owner is not null)
            await ForgetEndedAsync(owner, cancellationToken);
        lock (gate)
        {
            if (RefusalOf(owner) is { } refusal)
                throw refusal;
            count++;
        }

        var upload = await uploads.BeginAsync(scope, cancellationToken);
        if (owner is not null)
            Remember(upload, owner);
        return upload;
    }

    /// <summary>Stops counting an upload that has just ended.</summary>
    public void End(UploadKey upload)
    {
        lock (gate)
        {
            count = Math.Max(0, count - 1);
            Forget(upload);
        }
    }

    /// <summary>
    /// Returns the identity that the limit per caller applies to; null for callers who may do everything, which have no
    /// such limit. That includes all callers of a registry without access control, who cannot be told apart.
    /// </summary>
    private static string? OwnerOf(Caller caller) =>
        caller.Scopes.Includes(ScopeSet.Everything) ? null : $"{caller.Kind} {caller.Id} {caller.Name}";

    private bool IsDue(string? owner)
    {
        lock (gate)
            return countedAt is not { } at
                || time.GetElapsedTime(at) >= (RefusalOf(owner) is null ? CountedFor : RefusedFor);
    }

    /// <summary>Returns why a caller cannot begin another upload; null if it can.</summary>
    private RegistryException? RefusalOf(string? owner)
    {
        lock (gate)
            return count >= limit ? RepositoryErrors.TooManyUploads(limit)
                : owner is not null && owned.GetValueOrDefault(owner) is var own && own >= limit - count
                    ? RepositoryErrors.TooManyUploadsOfCaller(own, limit)
                    : null;
    }

    /// <summary>Looks up the oldest uploads of a caller, and forgets those that have ended elsewhere.</summary>
    private async Task ForgetEndedAsync(string owner, CancellationToken cancellationToken)
    {
        List<UploadKey> oldest;
        lock (gate)
            oldest = [.. begun.Where(entry => entry.Owner == owner).Take(MaxLookups).Select(entry => entry.Upload)];
        foreach (var upload in oldest)
        {
            var isEnded = await uploads.LengthAsync(upload, cancellationToken) is null;
            lock (gate)
                if (Forget(upload) && !isEnded)
                    // Moved to the end, so that others are looked up next time.
                    Add(upload, owner);
        }
    }

    private void Remember(UploadKey upload, string owner)
    {
        lock (gate)
        {
            Add(upload, owner);
            // There are no more uploads than the limit, so some of these have ended elsewhere.
            if (begun.Count > limit)
                Forget(begun.First!.Value.Upload);
        }
    }

    private void Add(UploadKey upload, string owner)
    {
        nodes.Add(upload, begun.AddLast((upload, owner)));
        owned[owner] = owned.GetValueOrDefault(owner) + 1;
    }

    private bool Forget(UploadKey upload)
    {
        if (!nodes.Remove(upload, out var node))
            return false;
        begun.Remove(node);
        if (--owned[node.Value.Owner] == 0)
            owned.Remove(node.Value.Owner);
        return true;
    }
}
