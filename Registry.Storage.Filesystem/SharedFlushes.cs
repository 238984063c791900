using System.Runtime.ExceptionServices;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Flushes folders, and shares a flush between concurrent callers of the same folder. A flush makes durable what was in
/// the folder when it began. Callers that arrive before it begins share it; later callers share the next one. Callers
/// block their threads, as during their own flush.
/// </summary>
/// <param name="flush">Flushes a folder and returns its identity; null when it does not exist.</param>
internal sealed class SharedFlushes(Func<string, FileIdentity?> flush)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Round> waiting = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Round> running = new(StringComparer.Ordinal);

    /// <summary>Flushes a folder with a flush that begins after this call.</summary>
    /// <returns>The identity of the folder; null when it does not exist.</returns>
    /// <exception cref="Exception">
    /// The exception of the flush, for all callers that share it: the disk may report a failure only once.
    /// </exception>
    public FileIdentity? Flush(string folder)
    {
        Round? round;
        Round? previous = null;
        bool isLeader;
        lock (gate)
        {
            isLeader = !waiting.TryGetValue(folder, out round);
            if (isLeader)
            {
                waiting.Add(folder, round = new Round());
                running.TryGetValue(folder, out previous);
            }
        }

        if (isLeader)
        {
            previous?.WaitForEnd();
            Begin(folder, round!);
            round!.Run(() => flush(folder));
            End(folder, round);
        }

        return round!.GetResult();
    }

    private void Begin(string folder, Round round)
    {
        lock (gate)
        {
            waiting.Remove(folder);
            running[folder] = round;
        }
    }

    private void End(string folder, Round round)
    {
        lock (gate)
            if (running.GetValueOrDefault(folder) == round)
                running.Remove(folder);
    }

    /// <summary>A flush and its result.</summary>
    private sealed class Round
    {
        private readonly object ended = new();
        private bool hasEnded;
        private FileIdentity? identity;
        private ExceptionDispatchInfo? failure;

        public void Run(Func<FileIdentity?> flush)
        {
            try
            {
                identity = flush();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }

            lock (ended)
            {
                hasEnded = true;
                Monitor.PulseAll(ended);
            }
        }

        public void WaitForEnd()
        {
            lock (ended)
                while (!hasEnded)
                    Monitor.Wait(ended);
        }

        public FileIdentity? GetResult()
        {
            WaitForEnd();
            failure?.Throw();
            return identity;
        }
    }
}
