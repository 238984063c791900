namespace Registry.Tests.Support;

/// <summary>
/// The time that passes for this process: a clock that counts its own ticks, and so stands still while a machine that
/// does much else does not let the process run. It is never ahead of the real time, and equal to it where the machine
/// keeps up.
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
        // Ticks that were missed come as one.
        while (await timer.WaitForNextTickAsync())
            Interlocked.Increment(ref ticks);
    }
}
