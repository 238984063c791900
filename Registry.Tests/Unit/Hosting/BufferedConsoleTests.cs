using System.Text;
using NUnit.Framework;
using Registry.Api.Hosting.Logging;

namespace Registry.Tests.Unit.Hosting;

public sealed class BufferedConsoleTests
{
    /// <summary>Far above what any of this takes, on a machine that does much else.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Test]
    public async Task Lines_of_many_writers_come_out_whole_each_writers_own_in_order()
    {
        var output = new Output();
        using (var console = new BufferedConsole(output))
            await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(() =>
            {
                for (var i = 0; i < 2000; i++)
                    console.Write(Line($"{writer}:{i} ä€"), now: i % 500 == 0);
            })));

        var lines = output.Text.Split('\n')[..^1];
        Assert.That(lines, Has.Length.EqualTo(16_000));
        for (var writer = 0; writer < 8; writer++)
        {
            var own = lines.Where(line => line.StartsWith($"{writer}:", StringComparison.Ordinal));
            Assert.That(own, Is.EqualTo(Enumerable.Range(0, 2000).Select(i => $"{writer}:{i} ä€")));
        }
    }

    [Test]
    public async Task A_line_comes_out_without_another_one()
    {
        var output = new Output();
        using var console = new BufferedConsole(output);
        for (var i = 1; i <= 3; i++)
        {
            console.Write(Line("alone"), now: false);
            await output.HoldsAsync(i * "alone\n".Length);
        }
    }

    [Test]
    public void The_end_writes_what_is_left()
    {
        var output = new Output();
        var console = new BufferedConsole(output);
        for (var i = 0; i < 100; i++)
            console.Write(Line("left"), now: false);
        console.Dispose();
        console.Write(Line("too late"), now: true);
        Assert.That(output.Text, Is.EqualTo(string.Concat(Enumerable.Repeat("left\n", 100))));
    }

    [Test]
    public async Task Who_logs_waits_for_a_reader_that_does_not_read_and_nothing_is_lost()
    {
        var output = new Output { Held = true };
        using var console = new BufferedConsole(output);
        var line = new string('x', 100_000);
        var written = 0;
        var writing = Task.Run(() =>
        {
            for (var i = 0; i < 50; i++)
            {
                console.Write(Line(line), now: false);
                Interlocked.Increment(ref written);
            }
        });

        await output.Reached.WaitAsync(Patience);
        await Task.WhenAny(writing, Task.Delay(TimeSpan.FromMilliseconds(200)));
        Assert.That(writing.IsCompleted, Is.False);
        Assert.That(Volatile.Read(ref written), Is.LessThan(50));
        output.Release();
        await writing.WaitAsync(Patience);
        await output.HoldsAsync(50 * (line.Length + 1));
    }

    [Test]
    public async Task An_output_that_fails_ends_nothing()
    {
        var output = new Output { Broken = true };
        using var console = new BufferedConsole(output);
        console.Write(Line("lost"), now: true);
        await output.Reached.WaitAsync(Patience);
        output.Broken = false;
        console.Write(Line("not lost"), now: true);
        await output.HoldsAsync("not lost\n".Length);
    }

    private static StringBuilder Line(string text) => new StringBuilder(text).Append('\n');

    /// <summary>An output that may be held, as a pipe that nobody reads, or broken.</summary>
    private sealed class Output : MemoryStream
    {
        private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim released = new();
        private volatile bool broken;

        public bool Held { get; init; }

        public bool Broken
        {
            get => broken;
            set => broken = value;
        }

        /// <summary>Completed by the first write.</summary>
        public Task Reached => reached.Task;

        public string Text
        {
            get
            {
                lock (released)
                    return Encoding.UTF8.GetString(ToArray());
            }
        }

        public void Release() => released.Set();

        public async Task HoldsAsync(int bytes)
        {
            using var deadline = new CancellationTokenSource(Patience);
            while (Encoding.UTF8.GetByteCount(Text) < bytes)
                await Task.Delay(5, deadline.Token);
            Assert.That(Encoding.UTF8.GetByteCount(Text), Is.EqualTo(bytes));
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            reached.TrySetResult();
            if (Held)
                released.Wait(Patience);
            if (broken)
                throw new IOException("Nobody reads.");
            lock (released)
                base.Write(buffer, offset, count);
        }
    }
}
