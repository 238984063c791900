namespace Registry.Tests.Support;

/// <summary>
/// A clock that counts its own ticks, and so stands still while a busy machine does not schedule this process. It never
/// runs ahead of real time, and matches it when the machine keeps up.
/// </summary>
internal sealed class RunningTime : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly PeriodicTimer timer = new(Tick);
    private readonly Task counting;
    private int ticks;

    public RunningTime() => counting = CountAsync();

    public TimeSpan Elapsed => Tick * Volatile.Read(ref ticks);

    public async ValueTask DisposeAsync()
    {
        timer.Dispose();
        await counting;
    }

    private async Task CountAsync()
    {
        // Missed ticks count as one.
        while (await timer.WaitForNextTickAsync())
            Interlocked.Increment(ref ticks);
    }
}
