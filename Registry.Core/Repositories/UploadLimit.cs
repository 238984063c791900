using Registry.Core.Access;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Repositories;

/// <summary>
/// Limits the number of staged uploads, of all callers together and of each. A caller may have as many as are free: one
/// alone half of the limit, so that nobody keeps the others from pushing.
/// </summary>
/// <remarks>
/// The storage is asked for the number of all uploads from time to time; in between, those that this process begins and
/// ends are counted. It does not know whose they are, so the uploads of a caller are those that began in this process.
/// They may end in another one, which is found out before the caller is refused.
/// </remarks>
internal sealed class UploadLimit(IUploadStore uploads, int limit, TimeProvider time)
{
    /// <summary>The most uploads of a caller that are looked up before the caller is refused.</summary>
    private const int MaxLookups = 16;

    /// <summary>How long a count is used.</summary>
    private static readonly TimeSpan CountedFor = TimeSpan.FromSeconds(10);

    /// <summary>How long a count is used that refuses a caller: others may have ended uploads.</summary>
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

    /// <summary>Counts an upload no more, which has just ended.</summary>
    public void End(UploadKey upload)
    {
        lock (gate)
        {
            count = Math.Max(0, count - 1);
            Forget(upload);
        }
    }

    /// <summary>
    /// Returns who shares a part of the limit; null for callers who may do everything. Where requests need no
    /// credentials, nobody can be told from anybody else.
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

    /// <summary>Forgets uploads of a caller that have ended elsewhere, among the oldest.</summary>
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
                    // The next time, others are looked up.
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
