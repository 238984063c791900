using System.Diagnostics;
using System.Text.Json;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Measuring;

/// <summary>
/// Runs Debian's wrk: a closed-loop load where each connection sends the next request when it has the response.
/// </summary>
internal static class Wrk
{
    /// <summary>
    /// Reads one path of a server for the given time, and for longer if a busy machine gave no response.
    /// </summary>
    /// <exception cref="InvalidOperationException">A response was an error, or there was none.</exception>
    public static async Task<Sample> RunAsync(
        ServerProcess server,
        string path,
        int connections,
        TimeSpan duration,
        IReadOnlyList<string> headers,
        CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
            if (await TryRunAsync(
                server, path, connections, attempt * duration, headers, cancellationToken) is { } sample)
                return sample;
            else if (attempt == 5)
                throw new InvalidOperationException($"{path}: no response.");
    }

    private static async Task<Sample?> TryRunAsync(
        ServerProcess server,
        string path,
        int connections,
        TimeSpan duration,
        IEnumerable<string> headers,
        CancellationToken cancellationToken)
    {
        string[] arguments =
        [
            $"-t{Math.Min(connections, Environment.ProcessorCount)}", $"-c{connections}",
            $"-d{(int)duration.TotalSeconds}s", "--timeout", "30s",
            "-s", Path.Combine(
                AppContext.BaseDirectory, "wrk.lua"), .. headers.SelectMany(static header => (string[])["-H", header]),
            $"http://127.0.0.1:{server.Port}{path}",
        ];
        var before = server.Cpu;
        using var wrk = Process.Start(new ProcessStartInfo("wrk", arguments) { RedirectStandardOutput = true })!;
        try
        {
            var lines = (await wrk.StandardOutput.ReadToEndAsync(cancellationToken)).Split('\n');
            await wrk.WaitForExitAsync(cancellationToken);
            var cpu = server.Cpu - before;
            var line = lines.FirstOrDefault(static line => line.StartsWith('{'))
                ?? throw new InvalidOperationException($"wrk exited with {wrk.ExitCode}.");
            var result = JsonSerializer.Deserialize<Result>(line)!;
            if (result.Errors > 0)
                throw new InvalidOperationException($"{path}: {result.Errors} of {result.Requests} requests failed.");
            return result.Requests == 0
                ? null
                : new Sample(
                    result.Requests / (result.Micros / 1e6),
                    result.P50 / 1e3,
                    result.P99 / 1e3,
                    cpu * 1e6 / result.Requests);
        }
        finally
        {
            if (!wrk.HasExited)
                wrk.Kill();
        }
    }

    private sealed record Result(long Requests, long Micros, long Bytes, long P50, long P99, long Errors);
}
