using System.Runtime.ExceptionServices;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Flushes folders, once for all who ask for the same one meanwhile: a flush makes durable what was in the folder when
/// it began, so whoever comes before it begins shares it, and whoever comes later shares the one after. Callers wait on
/// their own thread, as for the disk itself.
/// </summary>
/// <param name="flush">Flushes a folder, and tells which it was; null when it is not there.</param>
internal sealed class SharedFlushes(Func<string, FileIdentity?> flush)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Round> waiting = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Round> running = new(StringComparer.Ordinal);

    /// <summary>Flushes a folder, by a flush that begins after this call has.</summary>
    /// <returns>Which folder was flushed; null when there was none.</returns>
    /// <exception cref="Exception">
    /// What the flush threw, for all who share it: the disk may say it only once.
    /// </exception>
    public FileIdentity? Flush(string folder)
    {
        Round? round;
        Round? before = null;
        bool leads;
        lock (gate)
        {
            leads = !waiting.TryGetValue(folder, out round);
            if (leads)
            {
                waiting.Add(folder, round = new Round());
                running.TryGetValue(folder, out before);
            }
        }

        if (leads)
        {
            before?.WaitForEnd();
            Begin(folder, round!);
            round!.Run(() => flush(folder));
            End(folder, round);
        }

        return round!.Outcome();
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

    /// <summary>One flush, and what became of it.</summary>
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
            catch (Exception wrong)
            {
                failure = ExceptionDispatchInfo.Capture(wrong);
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

        public FileIdentity? Outcome()
        {
            WaitForEnd();
            failure?.Throw();
            return identity;
        }
    }
}
