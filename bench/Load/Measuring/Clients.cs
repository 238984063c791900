using System.Diagnostics;
using System.Net;
using Registry.Bench.Load.Packages;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Measuring;

/// <summary>Clients with requests that wrk cannot send.</summary>
internal static class Clients
{
    /// <summary>Sends requests continuously for the given time.</summary>
    /// <param name="server">The server whose processor time is counted.</param>
    /// <param name="clients">The number of concurrent clients.</param>
    /// <param name="duration">The time after which no new request starts.</param>
    /// <param name="act">Sends one request; the number is unique.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
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

    /// <summary>Sends requests at a constant rate; a late client sends its next request at once.</summary>
    /// <param name="server">The server whose processor time is counted.</param>
    /// <param name="clients">The number of concurrent clients.</param>
    /// <param name="perSecond">The rate of all clients together, in requests per second.</param>
    /// <param name="phase">
    /// The offset of the first request, in periods, so that loads of the same rate do not send at the same instants.
    /// </param>
    /// <param name="duration">The time after which no new request starts.</param>
    /// <param name="act">Sends one request; the number is unique.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
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

    /// <summary>Sends a GET request and discards the body.</summary>
    /// <exception cref="HttpRequestException">The response is an error.</exception>
    public static async Task GetAsync(this ServerProcess server, string path, CancellationToken cancellationToken)
    {
        using var response =
            await server.Client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        await response.Content.CopyToAsync(Stream.Null, cancellationToken);
    }

    /// <summary>Sends a GET request with headers and discards the body, which may be empty.</summary>
    /// <param name="server">The server.</param>
    /// <param name="path">The path.</param>
    /// <param name="headers">The headers.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="HttpRequestException">The response is an error.</exception>
    public static async Task GetAsync(
        this ServerProcess server,
        string path,
        IEnumerable<(string Name, string Value)> headers,
        CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await server.Client.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode != HttpStatusCode.NotModified)
            response.EnsureSuccessStatusCode();
        await response.Content.CopyToAsync(Stream.Null, cancellationToken);
    }

    /// <summary>Sends a POST request.</summary>
    /// <exception cref="HttpRequestException">The response is an error.</exception>
    public static async Task PostAsync(
        this ServerProcess server, string path, HttpContent content, CancellationToken cancellationToken)
    {
        using (content)
        using (var response = await server.Client.PostAsync(path, content, cancellationToken))
            if (!response.IsSuccessStatusCode)
                throw new HttpRequestException(
                    $"{path}: {response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
    }

    /// <summary>Pushes a small package.</summary>
    /// <param name="server">The registry.</param>
    /// <param name="name">The package name.</param>
    /// <param name="body">The body, from <see cref="PushPayload"/>.</param>
    /// <param name="cancellationToken">Cancels the push.</param>
    public static Task PushAsync(
        this ServerProcess server, string name, byte[] body, CancellationToken cancellationToken) =>
        server.PostAsync($"/api/v1/packages/{name}", PushPayload.Json(body), cancellationToken);
}
