using System.Diagnostics;

namespace Registry.Tests.Support;

/// <summary>Measures the memory of this process. Only tests that run alone can do that.</summary>
internal static class LiveMemory
{
    /// <summary>
    /// Returns the bytes in use after a full collection. <see cref="GC.GetTotalMemory"/> is less exact: it includes
    /// later allocations, and stops when two collections differ by less than 5 % of the heap, which other tests may
    /// have made large.
    /// </summary>
    public static long Measure()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
        var left = GC.GetGCMemoryInfo(GCKind.FullBlocking);
        return left.HeapSizeBytes - left.FragmentedBytes;
    }

    /// <summary>
    /// Measures until work has ended, and returns the highest result. A collection stops the work, so at most a quarter
    /// of the time goes to collections.
    /// </summary>
    public static async Task<long> HighestUntilAsync(Task work, CancellationToken cancellationToken)
    {
        var highest = 0L;
        TimeSpan pause;
        do
        {
            var watch = Stopwatch.StartNew();
            highest = Math.Max(highest, Measure());
            pause = 3 * watch.Elapsed;
        }
        while (await Task.WhenAny(work, Task.Delay(pause, cancellationToken)) != work);
        await work;
        return highest;
    }
}
