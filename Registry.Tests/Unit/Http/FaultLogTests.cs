using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Registry.Api.Http.Errors;
using Registry.Core.Errors;
using Registry.Core.Storage;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Http;

[Parallelizable(ParallelScope.All)]
internal sealed class FaultLogTests
{
    private static readonly StorageException Unavailable = new(StorageFault.Unavailable, "Redis failed: away");

    [Test]
    public void The_first_fault_of_a_kind_is_logged_by_the_caller_and_the_rest_are_counted_in_one_line()
    {
        using var test = new Fixture();
        Assert.That(test.Faults.IsFirst(Unavailable, "GET /a", 503), Is.True);
        for (var i = 1; i <= 500; i++)
            Assert.That(
                test.Faults.IsFirst(new StorageException(StorageFault.Unavailable, $"attempt {i}"), $"GET /{i}", 503),
                Is.False);
        Assert.That(test.Lines, Is.Empty);

        test.Time.EndWindow();
        Assert.That(
            test.Lines, Is.EqualTo(
                new[]
                {
                    "500 more failures of the same kind within 10 s, the latest: GET /500 failed with 503: attempt 500"
                }));
    }

    [Test]
    public void A_kind_absent_for_a_window_is_logged_in_full_when_it_returns()
    {
        using var test = new Fixture();
        test.Faults.IsFirst(Unavailable, "GET /a", 503);
        test.Faults.IsFirst(Unavailable, "GET /a", 503);
        test.Time.EndWindow();
        Assert.That(test.Faults.IsFirst(Unavailable, "GET /a", 503), Is.False, "it continues");
        test.Time.EndWindow();
        test.Time.EndWindow();
        Assert.That(test.Lines, Has.Count.EqualTo(2));
        Assert.That(test.Faults.IsFirst(Unavailable, "GET /a", 503), Is.True);
        Assert.That(test.Time.Timers, Is.EqualTo(1), "an expired kind leaves no timer");
    }

    [Test]
    public void Faults_of_different_kinds_do_not_hide_each_other()
    {
        using var test = new Fixture();
        Exception[] kinds =
        [
            Unavailable,
            new StorageException(StorageFault.Unavailable, "late", new TimeoutException()),
            new StorageException(StorageFault.Full, "full"),
            new StorageException(StorageFault.Corrupt, "blob one is damaged"),
            new StorageException(StorageFault.Corrupt, "blob two is damaged"),
            new InvalidOperationException("bug"),
            new RegistryException(ErrorCode.Unavailable, "not yet"),
        ];
        foreach (var kind in kinds)
            Assert.That(test.Faults.IsFirst(kind, "GET /a", 503), Is.True, kind.ToString());
        Assert.That(
            test.Faults.IsFirst(Unavailable, "Loading packages", status: null), Is.True, "a fault outside a request");
    }

    [Test]
    public void The_number_of_kinds_is_bounded()
    {
        using var test = new Fixture();
        for (var i = 0; i < 10 * FaultLog.MaxKinds; i++)
            test.Faults.IsFirst(new StorageException(StorageFault.Corrupt, $"blob {i}"), "GET /a", 503);
        Assert.That(test.Time.Timers, Is.LessThanOrEqualTo(FaultLog.MaxKinds + 1));
    }

    [Test]
    public void Disposal_logs_the_pending_count()
    {
        var test = new Fixture();
        test.Faults.IsFirst(Unavailable, "Loading packages", status: null);
        test.Faults.IsFirst(Unavailable, "Loading packages", status: null);
        test.Dispose();
        Assert.That(
            test.Lines, Is.EqualTo(
                new[]
                {
                    "1 more failures of the same kind within 10 s, the latest: Loading packages failed: Redis "
                        + "failed: away"
                }));
        Assert.That(test.Time.Timers, Is.Zero);
    }

    private sealed class Fixture : IDisposable
    {
        private readonly LogRecorder recorder = new();
        private readonly LoggerFactory logging;

        public Fixture()
        {
            logging = new LoggerFactory([recorder]);
            Faults = new FaultLog(Time, logging.CreateLogger<FaultLog>());
        }

        public WindowTime Time { get; } = new();

        public FaultLog Faults { get; }

        public List<string> Lines => [.. recorder.Entries.Select(static entry => entry.Message)];

        public void Dispose()
        {
            Faults.Dispose();
            logging.Dispose();
        }
    }

    /// <summary>A clock whose timers run on demand.</summary>
    private sealed class WindowTime : TimeProvider
    {
        private readonly List<Timer> timers = [];

        public int Timers => timers.Count;

        public void EndWindow()
        {
            foreach (var timer in timers.ToList())
                timer.Run();
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Assert.That((dueTime, period), Is.EqualTo((FaultLog.Window, FaultLog.Window)));
            var timer = new Timer(this, () => callback(state));
            timers.Add(timer);
            return timer;
        }

        private sealed class Timer(WindowTime time, Action run) : ITimer
        {
            public void Run() => run();

            public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

            public void Dispose() => time.timers.Remove(this);

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
