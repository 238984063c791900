namespace Registry.Api.Commands;

/// <summary>
/// Shows how far a command has come until it is disposed: one line that changes on a terminal, a line every few seconds
/// elsewhere.
/// </summary>
internal sealed class ProgressReport : IAsyncDisposable
{
    private static readonly TimeSpan OnTerminal = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Elsewhere = TimeSpan.FromSeconds(5);

    private readonly CommandConsole console;
    private readonly Func<TimeSpan, string> describe;
    private readonly TimeProvider time;
    private readonly long began;
    private readonly PeriodicTimer timer;
    private readonly Task showing;
    private int shownWidth;

    /// <param name="console">Its error output is written to.</param>
    /// <param name="time">The clock.</param>
    /// <param name="describe">Says in one line how far it is, so long after its beginning.</param>
    public ProgressReport(CommandConsole console, TimeProvider time, Func<TimeSpan, string> describe)
    {
        (this.console, this.time, this.describe) = (console, time, describe);
        began = time.GetTimestamp();
        timer = new PeriodicTimer(console.IsTerminal ? OnTerminal : Elsewhere, time);
        showing = ShowAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        timer.Dispose();
        await showing;
        if (shownWidth > 0)
            await console.Error.WriteAsync($"\r{new string(' ', shownWidth)}\r");
    }

    private async Task ShowAsync()
    {
        while (await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            var line = describe(time.GetElapsedTime(began));
            if (console.IsTerminal)
                await console.Error.WriteAsync($"\r{line.PadRight(shownWidth)}");
            else
                await console.Error.WriteLineAsync(line);
            shownWidth = console.IsTerminal ? line.Length : 0;
        }
    }
}
