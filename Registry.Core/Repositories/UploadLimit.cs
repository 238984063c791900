using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Repositories;

/// <summary>
/// Limits the number of staged uploads. The storage is asked for their number at most once in
/// <see cref="CountedFor"/>; in between, the uploads that this process begins are added.
/// </summary>
internal sealed class UploadLimit(IUploadStore uploads, int limit, TimeProvider time)
{
    /// <summary>How long a count is used.</summary>
    private static readonly TimeSpan CountedFor = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private int count;
    private long? countedAt;

    /// <summary>Counts one more upload.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.TooManyUploads"/>.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        bool isStale;
        lock (gate)
            isStale = countedAt is not { } at || time.GetElapsedTime(at) >= CountedFor || count >= limit;
        if (isStale)
        {
            var staged = await uploads.CountAsync(limit, cancellationToken);
            lock (gate)
                (count, countedAt) = (staged, time.GetTimestamp());
        }

        lock (gate)
            if (++count > limit)
                throw RepositoryErrors.TooManyUploads(limit);
    }
}
