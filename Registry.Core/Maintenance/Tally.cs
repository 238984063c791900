namespace Registry.Core.Maintenance;

/// <summary>
/// Counts processed packages, archives, blobs, bytes and tokens. Thread-safe; it can be read for progress while it
/// counts.
/// </summary>
public sealed class Tally
{
    private long packages;
    private long archives;
    private long blobs;
    private long bytes;
    private long tokens;

    /// <summary>The number of package indexes.</summary>
    public long Packages => Interlocked.Read(ref packages);

    /// <summary>The number of app archives; each also counts as one of <see cref="Blobs"/>.</summary>
    public long Archives => Interlocked.Read(ref archives);

    /// <summary>The number of blobs of packages and archives.</summary>
    public long Blobs => Interlocked.Read(ref blobs);

    /// <summary>The number of bytes of blobs, including blobs in progress.</summary>
    public long Bytes => Interlocked.Read(ref bytes);

    /// <summary>The number of tokens.</summary>
    public long Tokens => Interlocked.Read(ref tokens);

    internal void AddToken() => Interlocked.Increment(ref tokens);

    internal void AddPackage() => Interlocked.Increment(ref packages);

    internal void AddArchive() => Interlocked.Increment(ref archives);

    internal void AddBlob() => Interlocked.Increment(ref blobs);

    internal void AddBytes(long count) => Interlocked.Add(ref bytes, count);
}
