using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Redis;

namespace Registry.Tests.Storage.Redis;

/// <summary>Replies while connections break.</summary>
public sealed class RedisConnectionTests : RedisTests
{
    private const int Callers = 32;
    private const int Breaks = 60;

    /// <summary>
    /// More than the client buffers before it writes, so that some calls are interrupted while being written.
    /// </summary>
    private const int LongText = 300_000;

    private static readonly RedisScript Echo = new(writes: false, "return ARGV[1]");

    private static readonly TimeSpan BetweenBreaks = TimeSpan.FromMilliseconds(50);

    [Test]
    public async Task A_caller_never_gets_another_callers_reply_when_connections_break()
    {
        var link =
            Track(new RedisConnection(new RedisOptions { Configuration = Server.Configuration }, TimeProvider.System));
        using var done = new CancellationTokenSource();
        var callers =
            Enumerable.Range(0, Callers)
                .Select(caller => Task.Run(() => CallAsync(link, caller, done.Token)))
                .ToArray();
        for (var broken = 0; broken < Breaks; broken++)
        {
            await Server.CommandAsync("client", "kill", "type", "normal");
            await Task.Delay(BetweenBreaks, CancellationToken);
        }

        await done.CancelAsync();
        var calls = await Task.WhenAll(callers);
        Assert.That(calls.Sum(static call => call.Succeeded), Is.GreaterThan(Callers));
        Assert.That(calls.Sum(static call => call.Failed), Is.Positive, "some calls were interrupted");
    }

    private static async Task<(int Succeeded, int Failed)> CallAsync(
        RedisConnection link, int caller, CancellationToken done)
    {
        var (succeeded, failed) = (0, 0);
        for (var number = 0; !done.IsCancellationRequested; number++)
        {
            var text = $"{caller} {number} {(number % 4 == 0 ? new string('.', LongText) : "")}";
            try
            {
                Assert.That(
                    (string?)await link.EvaluateAsync(Echo, [], [text], CancellationToken.None), Is.EqualTo(text));
                succeeded++;
            }
            catch (StorageException)
            {
                failed++;
                // Calls fail at once while there is no connection.
                await Task.Yield();
            }
        }

        return (succeeded, failed);
    }
}
