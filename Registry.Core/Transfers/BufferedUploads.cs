using System.Collections.Concurrent;

namespace Registry.Core.Transfers;

/// <summary>The uncommitted blob writes of one backend instance. Some are only in memory.</summary>
/// <param name="time">The clock that measures idle time.</param>
public sealed class BufferedUploads(TimeProvider time)
{
    private readonly ConcurrentDictionary<ChunkedBlobWriter, bool> writers = new();

    internal TimeProvider Time => time;

    /// <summary>
    /// Discards the writes that are only in memory and have been idle for <paramref name="idle"/>. Returns their
    /// number.
    /// </summary>
    public int Discard(TimeSpan idle) => writers.Keys.Count(writer => writer.TryDiscard(idle));

    internal void Add(ChunkedBlobWriter writer) => writers[writer] = true;

    internal void Remove(ChunkedBlobWriter writer) => writers.TryRemove(writer, out _);
}
