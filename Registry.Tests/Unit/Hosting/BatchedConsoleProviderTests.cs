using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using NUnit.Framework;
using Registry.Api.Logging;

namespace Registry.Tests.Unit.Hosting;

public sealed class BatchedConsoleProviderTests
{
    /// <summary>Far above what any of these tests takes on a busy machine.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Test]
    public async Task Lines_of_many_threads_are_written_intact_and_in_order_per_thread()
    {
        var output = new MemoryStream();
        using (var console = new BatchedConsoleProvider([new PlainFormatter()], Settings(new()), output, Stream.Null))
        {
            var log = console.CreateLogger("category");
            await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
            {
                for (var i = 0; i < 1000; i++)
                    Log(log, LogLevel.Information, $"{thread}:{i} ä€");
            })));
        }

        var lines = Encoding.UTF8.GetString(output.ToArray()).Split('\n')[..^1];
        Assert.That(lines, Has.Length.EqualTo(8000));
        for (var thread = 0; thread < 8; thread++)
        {
            var own = lines.Where(line => line.StartsWith($"{thread}:", StringComparison.Ordinal));
            Assert.That(own, Is.EqualTo(Enumerable.Range(0, 1000).Select(i => $"{thread}:{i} ä€")));
        }
    }

    [Test]
    public async Task A_line_is_written_without_waiting_for_another()
    {
        var output = new BlockedStream();
        output.Release();
        using var console = new BatchedConsoleProvider([new PlainFormatter()], Settings(new()), output, Stream.Null);
        for (var i = 1; i <= 3; i++)
        {
            Log(console.CreateLogger("category"), LogLevel.Information, "alone");
            await output.WaitForLengthAsync(i * "alone\n".Length).WaitAsync(Deadline);
        }
    }

    [Test]
    public void Lines_at_the_threshold_go_to_standard_error()
    {
        var (output, errors) = (new MemoryStream(), new MemoryStream());
        var settings = Settings(new() { LogToStandardErrorThreshold = LogLevel.Warning });
        using (var console = new BatchedConsoleProvider([new PlainFormatter()], settings, output, errors))
        {
            var log = console.CreateLogger("category");
            Log(log, LogLevel.Information, "one");
            Log(log, LogLevel.Warning, "two");
            Log(log, LogLevel.Error, "three");
        }

        Assert.That(Encoding.UTF8.GetString(output.ToArray()), Is.EqualTo("one\n"));
        Assert.That(Encoding.UTF8.GetString(errors.ToArray()), Is.EqualTo("two\nthree\n"));
    }

    [Test]
    public async Task A_full_queue_in_wait_mode_blocks_its_caller_and_loses_nothing()
    {
        var output = new BlockedStream();
        var settings = Settings(new() { MaxQueueLength = 10, QueueFullMode = ConsoleLoggerQueueFullMode.Wait });
        using var console = new BatchedConsoleProvider([new PlainFormatter()], settings, output, Stream.Null);
        var log = console.CreateLogger("category");
        // The writer is blocked with only this line, so that it takes no more from the queue.
        Log(log, LogLevel.Information, "00");
        await output.Reached.WaitAsync(Deadline);
        var logged = 0;
        var logging = Task.Run(() =>
        {
            for (var i = 0; i < 50; i++)
            {
                Log(log, LogLevel.Information, $"{i:D2}");
                Interlocked.Increment(ref logged);
            }
        });

        await Task.WhenAny(logging, Task.Delay(TimeSpan.FromMilliseconds(200)));
        Assert.That(Volatile.Read(ref logged), Is.LessThan(50));
        output.Release();
        await logging.WaitAsync(Deadline);
        await output.WaitForLengthAsync(51 * "00\n".Length).WaitAsync(Deadline);
    }

    [Test]
    public async Task A_full_queue_drops_lines_and_reports_their_number()
    {
        var output = new BlockedStream();
        var errors = new BlockedStream();
        errors.Release();
        var settings = Settings(new() { MaxQueueLength = 10, QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite });
        using (var console = new BatchedConsoleProvider([new PlainFormatter()], settings, output, errors))
        {
            var log = console.CreateLogger("category");
            Log(log, LogLevel.Information, "first");
            await output.Reached.WaitAsync(Deadline);
            for (var i = 0; i < 15; i++)
                Log(log, LogLevel.Information, "line");
            output.Release();
        }

        Assert.That(output.Text, Is.EqualTo($"first\n{string.Concat(Enumerable.Repeat("line\n", 10))}"));
        Assert.That(errors.Text, Is.EqualTo("Dropped 5 log lines: the queue of 10 lines was full.\n"));
    }

    [TestCase(typeof(IOException))]
    [TestCase(typeof(UnauthorizedAccessException))]
    public void A_broken_console_and_a_disposed_log_fail_no_caller(Type fault)
    {
        var settings = Settings(new() { MaxQueueLength = 1, QueueFullMode = ConsoleLoggerQueueFullMode.Wait });
        var console = new BatchedConsoleProvider(
            [new PlainFormatter()], settings, new BrokenStream(fault), new BrokenStream(fault));
        var log = console.CreateLogger("category");
        for (var i = 0; i < 10; i++)
            Log(log, LogLevel.Information, "lost");
        console.Dispose();
        Assert.That(() => Log(log, LogLevel.Information, "too late"), Throws.Nothing);
    }

    [Test]
    public void One_broken_stream_does_not_affect_the_other([Values] bool isErrorsBroken)
    {
        var (broken, whole) = (new BrokenStream(typeof(IOException)), new MemoryStream());
        var settings = Settings(new() { LogToStandardErrorThreshold = LogLevel.Error });
        var (output, errors) = isErrorsBroken ? (whole, (Stream)broken) : (broken, whole);
        using (var console = new BatchedConsoleProvider([new PlainFormatter()], settings, output, errors))
        {
            var log = console.CreateLogger("category");
            for (var i = 0; i < 100; i++)
            {
                Log(log, LogLevel.Information, "same");
                Log(log, LogLevel.Error, "same");
            }
        }

        Assert.That(
            Encoding.UTF8.GetString(whole.ToArray()), Is.EqualTo(string.Concat(Enumerable.Repeat("same\n", 100))));
    }

    [Test]
    public void A_line_that_fails_to_format_does_not_leak_into_the_next()
    {
        var output = new MemoryStream();
        using (var console = new BatchedConsoleProvider([new PlainFormatter()], Settings(new()), output, Stream.Null))
        {
            var log = console.CreateLogger("category");
            Assert.That(
                () => Log(log, LogLevel.Information, PlainFormatter.Broken), Throws.InstanceOf<FormatException>());
            Log(log, LogLevel.None, "off");
            Log(log, LogLevel.Information, "next");
        }

        Assert.That(Encoding.UTF8.GetString(output.ToArray()), Is.EqualTo("next\n"));
    }

    private static IOptions<ConsoleLoggerOptions> Settings(ConsoleLoggerOptions options)
    {
        options.FormatterName = "plain";
        return Options.Create(options);
    }

    private static void Log(ILogger log, LogLevel level, string text) =>
        log.Log(level, default, text, null, static (state, _) => state);

    private sealed class PlainFormatter() : ConsoleFormatter("plain")
    {
        /// <summary>A text whose formatting fails after part of it has been written.</summary>
        public const string Broken = "broken";

        public override void Write<TState>(
            in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
        {
            textWriter.Write(logEntry.State);
            if (logEntry.State is Broken)
                throw new FormatException(Broken);
            textWriter.Write('\n');
        }
    }

    /// <summary>A console whose reader has gone, or that was closed from the start.</summary>
    private sealed class BrokenStream(Type fault) : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) =>
            throw (Exception)Activator.CreateInstance(fault)!;

        public override void Flush() => throw (Exception)Activator.CreateInstance(fault)!;
    }

    /// <summary>A console that blocks writes until it is released.</summary>
    private sealed class BlockedStream : MemoryStream
    {
        private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim released = new();
        private readonly Lock gate = new();

        /// <summary>Completes on the first write.</summary>
        public Task Reached => reached.Task;

        public string Text
        {
            get
            {
                lock (gate)
                    return Encoding.UTF8.GetString(ToArray());
            }
        }

        public void Release() => released.Set();

        public async Task WaitForLengthAsync(int bytes)
        {
            while (Text.Length != bytes)
                await Task.Delay(TimeSpan.FromMilliseconds(5));
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            reached.TrySetResult();
            released.Wait();
            lock (gate)
                base.Write(buffer, offset, count);
        }
    }
}
