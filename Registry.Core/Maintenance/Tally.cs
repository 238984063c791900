namespace Registry.Core.Maintenance;

/// <summary>
/// How much has been done of something: counted by many threads, and read by whoever shows it meanwhile.
/// </summary>
public sealed class Tally
{
    private long packages;
    private long archives;
    private long blobs;
    private long bytes;

    /// <summary>Package indexes.</summary>
    public long Packages => Interlocked.Read(ref packages);

    /// <summary>App archives; each is one of <see cref="Blobs"/> too.</summary>
    public long Archives => Interlocked.Read(ref archives);

    /// <summary>Blobs, of packages and archives.</summary>
    public long Blobs => Interlocked.Read(ref blobs);

    /// <summary>Bytes of blobs, those of blobs under way included.</summary>
    public long Bytes => Interlocked.Read(ref bytes);

    internal void AddPackage() => Interlocked.Increment(ref packages);

    internal void AddArchive() => Interlocked.Increment(ref archives);

    internal void AddBlob() => Interlocked.Increment(ref blobs);

    internal void AddBytes(long count) => Interlocked.Add(ref bytes, count);
}
