using System.Text;
using NUnit.Framework;
using Registry.Api.Commands;
using Registry.Api.Text;

namespace Registry.Tests.Unit.Commands;

internal sealed class ProgressReportTests
{
    [Test]
    public async Task Without_a_terminal_progress_is_a_line_every_five_seconds()
    {
        await using var error = new Screen();
        var time = new StepTime();
        var report = new ProgressReport(
            new CommandConsole(TextWriter.Null, error, IsTerminal: false),
            time,
            elapsed => $"after {elapsed.TotalSeconds} s");
        time.Step();
        await WaitForTextAsync(error, "after 5 s\n");
        time.Step();
        await WaitForTextAsync(error, "after 5 s\nafter 10 s\n");
        await report.DisposeAsync();
        Assert.That(error.ToString(), Is.EqualTo("after 5 s\nafter 10 s\n"));
    }

    [Test]
    public async Task On_a_terminal_progress_is_one_line_that_is_updated_and_erased()
    {
        await using var error = new Screen();
        var time = new StepTime();
        string[] lines = ["much to say", "little"];
        var line = 0;
        var report =
            new ProgressReport(new CommandConsole(TextWriter.Null, error, IsTerminal: true), time, _ => lines[line++]);
        time.Step();
        await WaitForTextAsync(error, "\rmuch to say");
        time.Step();
        await WaitForTextAsync(error, "\rmuch to say\rlittle     ");
        await report.DisposeAsync();
        Assert.That(error.ToString(), Does.Match("^\rmuch to say\rlittle     \r +\r$"));
    }

    [Test]
    public async Task A_line_is_cut_to_the_width_of_the_terminal()
    {
        await using var error = new Screen();
        var time = new StepTime();
        await using (new ProgressReport(
            new CommandConsole(TextWriter.Null, error, IsTerminal: true) { Width = 6 }, time, static _ => "too long"))
        {
            time.Step();
            await WaitForTextAsync(error, "\rtoo l");
        }
    }

    [TestCase(0, "0 bytes")]
    [TestCase(1023, "1023 bytes")]
    [TestCase(1536, "1.5 KiB")]
    [TestCase(5L << 40, "5 TiB")]
    [TestCase(5L << 50, "5120 TiB")]
    public void Sizes_are_human_readable(long bytes, string text) => Assert.That(ByteSize.Of(bytes), Is.EqualTo(text));

    private static async Task WaitForTextAsync(Screen writer, string text)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (writer.ToString() != text)
            await Task.Delay(5, deadline.Token);
    }

    /// <summary>A writer that can be read while it is written to.</summary>
    private sealed class Screen : TextWriter
    {
        private readonly StringBuilder text = new();

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value)
        {
            lock (text)
                text.Append(value);
        }

        public override string ToString()
        {
            lock (text)
                return text.ToString();
        }
    }

    /// <summary>A clock that advances by one period of its only timer per step.</summary>
    private sealed class StepTime : TimeProvider
    {
        private Action tick = static () => { };
        private TimeSpan period;
        private TimeSpan now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now.Ticks;

        public void Step()
        {
            now += period;
            tick();
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            tick = () => callback(state);
            this.period = period;
            return new Timer();
        }

        private sealed class Timer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
