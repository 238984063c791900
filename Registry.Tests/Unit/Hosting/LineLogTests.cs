using System.Text;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Registry.Api.Hosting;
using Registry.Api.Hosting.Logging;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Hosting;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class LineLogTests
{
    private readonly MemoryStream written = new();

    [Test]
    public void An_event_is_a_line_with_time_level_and_category()
    {
        using (var log = new LineLog(new ShiftedTime(), written))
            log.CreateLogger("Some.Category").Log(LogLevel.Warning, new EventId(7), "it happened");
        Assert.That(Lines().Single(), Does.Match(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warn: Some\.Category\[7\] it happened$"));
    }

    [Test]
    public void An_exception_and_a_text_of_several_lines_stay_one_line()
    {
        using (var log = new LineLog(TimeProvider.System, written))
            log.CreateLogger("A").Log(LogLevel.Error, new InvalidOperationException("one\r\ntwo"), "first\nsecond");
        Assert.That(Lines().Single(), Does.EndWith("fail: A[0] first second System.InvalidOperationException: one two"));
    }

    [Test]
    public void A_line_of_any_length_is_whole()
    {
        var text = string.Concat(Enumerable.Repeat("é€𝄞", 50_000));
        using (var log = new LineLog(TimeProvider.System, written))
            log.CreateLogger("A").LogInformation("{Text}", text);
        Assert.That(Lines().Single(), Does.EndWith($"info: A[0] {text}"));
    }

    [Test]
    public void Lines_of_many_threads_are_all_there_and_each_thread_s_in_order()
    {
        using (var log = new LineLog(TimeProvider.System, written))
            Parallel.For(0, 8, thread =>
            {
                var logger = log.CreateLogger($"T{thread}");
                for (var i = 0; i < 5_000; i++)
                    logger.LogInformation("{Number}", i);
            });
        var byThread = Lines().Select(line => line.Split(": ")[1].Split("[0] ")).ToLookup(parts => parts[0], parts => int.Parse(parts[1]));
        Assert.That(byThread, Has.Count.EqualTo(8));
        Assert.That(byThread, Has.All.EqualTo(Enumerable.Range(0, 5_000)));
    }

    [Test]
    public void What_comes_after_the_end_is_dropped()
    {
        var log = new LineLog(TimeProvider.System, written);
        var logger = log.CreateLogger("A");
        logger.LogInformation("before");
        log.Dispose();
        logger.LogInformation("after");
        Assert.That(Lines().Single(), Does.EndWith("before"));
    }

    [Test]
    public void An_output_that_fails_loses_its_lines_and_nothing_else()
    {
        using var log = new LineLog(TimeProvider.System, new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0));
        for (var i = 0; i < 100_000; i++)
            log.CreateLogger("A").LogInformation("a line that goes nowhere");
    }

    [Test]
    public void A_request_is_told_in_words_and_in_values()
    {
        var line = new RequestLine("GET", "/a b", 200, null, 1.26, Aborted: false);
        Assert.That(line.ToString(), Is.EqualTo("GET /a b 200 (null) bytes in 1.3 ms, aborted False"));
        Assert.That(
            line.Select(value => value.Key),
            Is.EqualTo(new[] { "Method", "Path", "Status", "Bytes", "Milliseconds", "Aborted", "{OriginalFormat}" }));
        Assert.That(line[2].Value, Is.EqualTo(200));
    }

    private string[] Lines() => Encoding.UTF8.GetString(written.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
