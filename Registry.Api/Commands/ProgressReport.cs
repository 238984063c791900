namespace Registry.Api.Commands;

/// <summary>
/// Shows the progress of a command until it is disposed: one updated line on a terminal, otherwise a line every few
/// seconds.
/// </summary>
internal sealed class ProgressReport : IAsyncDisposable
{
    private static readonly TimeSpan TerminalPeriod = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LinePeriod = TimeSpan.FromSeconds(5);

    private readonly CommandConsole console;
    private readonly Func<TimeSpan, string> describe;
    private readonly TimeProvider time;
    private readonly long began;
    private readonly PeriodicTimer timer;
    private readonly Task showing;
    private int shownWidth;

    /// <summary>Starts to report.</summary>
    /// <param name="console">The console whose error output shows the progress.</param>
    /// <param name="time">The clock.</param>
    /// <param name="describe">Describes the progress in one line, given the elapsed time.</param>
    public ProgressReport(CommandConsole console, TimeProvider time, Func<TimeSpan, string> describe)
    {
        (this.console, this.time, this.describe) = (console, time, describe);
        began = time.GetTimestamp();
        timer = new PeriodicTimer(console.IsTerminal ? TerminalPeriod : LinePeriod, time);
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
            if (console.IsTerminal && line.Length >= console.Width)
                line = line[..(console.Width - 1)];
            if (console.IsTerminal)
                await console.Error.WriteAsync($"\r{line.PadRight(shownWidth)}");
            else
                await console.Error.WriteLineAsync(line);
            shownWidth = console.IsTerminal ? line.Length : 0;
        }
    }
}
