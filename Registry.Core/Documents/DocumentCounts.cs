namespace Registry.Core.Documents;

/// <summary>
/// Counts the writes that did not succeed at once, and the documents that could not be read, since the start of the
/// process.
/// </summary>
public sealed class DocumentCounts
{
    private long conflicts;
    private long throttled;
    private long refused;
    private long noResponse;
    private long unknown;
    private long unreadable;

    /// <summary>The writes that lost a race against another writer.</summary>
    public long Conflicts => Interlocked.Read(ref conflicts);

    /// <summary>The writes that the storage rejected because it received too many.</summary>
    public long Throttled => Interlocked.Read(ref throttled);

    /// <summary>The writes that did not reach the storage, or that it rejected because it was not ready.</summary>
    public long Refused => Interlocked.Read(ref refused);

    /// <summary>The writes that failed and may have been applied.</summary>
    public long NoResponse => Interlocked.Read(ref noResponse);

    /// <summary>The changes whose outcome stayed unknown: their callers got 503.</summary>
    public long Unknown => Interlocked.Read(ref unknown);

    /// <summary>The reads of a document that is damaged, too large, or of a later version.</summary>
    public long Unreadable => Interlocked.Read(ref unreadable);

    internal void AddUnreadable() => Interlocked.Increment(ref unreadable);

    internal void AddConflict() => Interlocked.Increment(ref conflicts);

    internal void AddThrottled() => Interlocked.Increment(ref throttled);

    internal void AddRefused() => Interlocked.Increment(ref refused);

    internal void AddNoResponse() => Interlocked.Increment(ref noResponse);

    internal void AddUnknown(int changes) => Interlocked.Add(ref unknown, changes);
}
