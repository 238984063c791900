using System.Collections.Concurrent;

namespace Registry.Core.Storage;

/// <summary>The uploads under way through one instance of a backend, of which some are in memory alone.</summary>
/// <param name="time">The clock of idleness.</param>
public sealed class BufferedUploads(TimeProvider time)
{
    private readonly ConcurrentDictionary<BufferedBlobWriter, bool> writers = new();

    internal TimeProvider Time => time;

    /// <summary>
    /// Discards those in memory alone that were not written to for <paramref name="idle"/>; returns how many.
    /// </summary>
    public int Discard(TimeSpan idle) => writers.Keys.Count(writer => writer.TryDiscard(idle));

    internal void Join(BufferedBlobWriter writer) => writers[writer] = true;

    internal void Leave(BufferedBlobWriter writer) => writers.TryRemove(writer, out _);
}
