using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Redis;

namespace Registry.Tests.Storage.Redis;

/// <summary>The way to the server while its connections break.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class RedisConnectionTests : RedisTests
{
    private const int Callers = 32;
    private const int Breaks = 60;

    /// <summary>
    /// More than the client gathers before it writes, so that some calls meet the break while they are written.
    /// </summary>
    private const int LongText = 300_000;

    private static readonly RedisScript Echo = new(writes: false, "return ARGV[1]");

    private static readonly TimeSpan BetweenBreaks = TimeSpan.FromMilliseconds(50);

    [Test]
    public async Task Whoever_asks_gets_his_own_answer_or_none_whenever_connections_break()
    {
        var link =
            Keep(new RedisConnection(new RedisOptions { Configuration = Server.Configuration }, TimeProvider.System));
        using var done = new CancellationTokenSource();
        var callers =
            Enumerable.Range(0, Callers).Select(caller => Task.Run(() => AskAsync(link, caller, done.Token))).ToArray();
        for (var broken = 0; broken < Breaks; broken++)
        {
            await Server.CommandAsync("client", "kill", "type", "normal");
            await Task.Delay(BetweenBreaks, CancellationToken);
        }

        await done.CancelAsync();
        var calls = await Task.WhenAll(callers);
        Assert.That(calls.Sum(static call => call.Answered), Is.GreaterThan(Callers));
        Assert.That(calls.Sum(static call => call.Failed), Is.Positive, "some have met a break");
    }

    private static async Task<(int Answered, int Failed)> AskAsync(
        RedisConnection link, int caller, CancellationToken done)
    {
        var (answered, failed) = (0, 0);
        for (var number = 0; !done.IsCancellationRequested; number++)
        {
            var text = $"{caller} {number} {(number % 4 == 0 ? new string('.', LongText) : "")}";
            try
            {
                Assert.That(
                    (string?)await link.EvaluateAsync(Echo, [], [text], CancellationToken.None), Is.EqualTo(text));
                answered++;
            }
            catch (StorageException)
            {
                failed++;
            }
        }

        return (answered, failed);
    }
}
