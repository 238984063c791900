using System.Diagnostics;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Measuring;

/// <summary>What wrk cannot send: clients that each do something, again and again.</summary>
internal static class Clients
{
    /// <summary>Lets clients act for so long.</summary>
    /// <param name="server">Whose processor time is counted.</param>
    /// <param name="clients">How many act at once.</param>
    /// <param name="duration">When none begins anew.</param>
    /// <param name="act">One request; the number is unique.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<Sample> RunAsync(
        ServerProcess server, int clients, TimeSpan duration, Func<int, Task> act, CancellationToken cancellationToken)
    {
        var (times, number, before, began) = (new List<double>(), 0, server.Cpu, Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(ActAsync, cancellationToken)));
        return Sample.Of(times, Stopwatch.GetElapsedTime(began).TotalSeconds, server.Cpu - before);

        async Task ActAsync()
        {
            while (Stopwatch.GetElapsedTime(began) < duration)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var start = Stopwatch.GetTimestamp();
                await act(Interlocked.Increment(ref number));
                var time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                lock (times)
                    times.Add(time);
            }
        }
    }

    /// <summary>The same at a steady pace: a client that is late for its turn takes it at once.</summary>
    /// <param name="server">Whose processor time is counted.</param>
    /// <param name="clients">How many act at once.</param>
    /// <param name="perSecond">How often all of them together act.</param>
    /// <param name="phase">
    /// When the first acts, in turns: so that what goes on beside it at the same pace is not asked in the same
    /// instants.
    /// </param>
    /// <param name="duration">When none begins anew.</param>
    /// <param name="act">One request; the number is unique.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<Sample> PaceAsync(
        ServerProcess server,
        int clients,
        double perSecond,
        double phase,
        TimeSpan duration,
        Func<int, Task> act,
        CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var (times, before) = (new List<double>(), server.Cpu);
        await Task.WhenAll(
            Enumerable.Range(0, clients).Select(client => Task.Run(() => ActAsync(client), cancellationToken)));
        return Sample.Of(times, Stopwatch.GetElapsedTime(began).TotalSeconds, server.Cpu - before);

        async Task ActAsync(int client)
        {
            for (var turn = client; turn < perSecond * duration.TotalSeconds; turn += clients)
            {
                var wait = TimeSpan.FromSeconds((turn + phase) / perSecond) - Stopwatch.GetElapsedTime(began);
                if (wait > TimeSpan.Zero)
                    await Task.Delay(wait, cancellationToken);
                var start = Stopwatch.GetTimestamp();
                await act(turn);
                var time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                lock (times)
                    times.Add(time);
            }
        }
    }

    /// <summary>GET, read to its end and thrown away.</summary>
    /// <exception cref="HttpRequestException">The answer is an error.</exception>
    public static async Task GetAsync(this ServerProcess server, string path, CancellationToken cancellationToken)
    {
        using var answer =
            await server.Client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        answer.EnsureSuccessStatusCode();
        await answer.Content.CopyToAsync(Stream.Null, cancellationToken);
    }

    /// <summary>POST.</summary>
    /// <exception cref="HttpRequestException">The answer is an error.</exception>
    public static async Task PostAsync(
        this ServerProcess server, string path, HttpContent content, CancellationToken cancellationToken)
    {
        using (content)
        using (var answer = await server.Client.PostAsync(path, content, cancellationToken))
            if (!answer.IsSuccessStatusCode)
                throw new HttpRequestException(
                    $"{path}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellationToken)}");
    }

    /// <summary>Pushes a small package.</summary>
    /// <param name="server">The registry.</param>
    /// <param name="name">The package.</param>
    /// <param name="body">As <see cref="PushPayload"/> makes it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static Task PushAsync(
        this ServerProcess server, string name, byte[] body, CancellationToken cancellationToken) =>
        server.PostAsync($"/api/v1/packages/{name}", PushPayload.Json(body), cancellationToken);
}
