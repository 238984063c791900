using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Registry.Bench.Load.Processes;

/// <summary>
/// A server of this run, on a loopback port. Its output goes to a file, as in production. Disposing it stops the
/// process, by its id.
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>The ticks per second in /proc/…/stat, on every Linux that .NET supports.</summary>
    private const double TicksPerSecond = 100;

    private const int SigTerm = 15;
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(120);
    private readonly Process process;
    private readonly string log;

    private ServerProcess(Process process, int port, string log)
    {
        (this.process, Port, this.log) = (process, port, log);
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 256 })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{port}"),
            Timeout = TimeSpan.FromMinutes(5),
        };
    }

    public int Port { get; }

    public HttpClient Client { get; }

    /// <summary>The resident memory, in bytes.</summary>
    public long Resident => Memory("VmRSS:");

    /// <summary>The peak of the resident memory since <see cref="ResetPeak"/>, in bytes.</summary>
    public long Peak => Memory("VmHWM:");

    /// <summary>The processor time of the process and its children, in seconds.</summary>
    public double Cpu => Ids().Sum(CpuOf);

    /// <summary>Returns a port that is currently free.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Starts a program without waiting.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="port">The port on which it will listen.</param>
    /// <param name="log">The file for its output.</param>
    /// <param name="environment">Additional environment variables.</param>
    public static ServerProcess Launch(
        IEnumerable<string> command, int port, string log, params IEnumerable<(string Name, string Value)> environment)
    {
        // A shell redirects the output to a file and is then replaced by the program: reading a pipe would use the
        // processors that are measured.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", log, .. command]);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new ServerProcess(Process.Start(start)!, port, log);
    }

    /// <summary>
    /// Polls a path until it returns 200: every 2 ms at first, and later after a hundredth of the elapsed time, to keep
    /// the load low.
    /// </summary>
    /// <returns>The elapsed time.</returns>
    public Task<TimeSpan> WaitForResponseAsync(
        string path,
        CancellationToken cancellationToken) =>
        WaitForResponseAsync(path, TimeSpan.FromMilliseconds(2), cancellationToken);

    /// <summary>Polls a path until it returns 200, at most once per pause.</summary>
    public async Task<TimeSpan> WaitForResponseAsync(string path, TimeSpan pause, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var response = await Client.GetAsync(path, cancellationToken);
                if (response.IsSuccessStatusCode)
                    return Stopwatch.GetElapsedTime(began);
            }
            catch (HttpRequestException) when (!process.HasExited && Stopwatch.GetElapsedTime(began) < StartTimeout)
            {
                // The server does not listen yet.
            }

            if (process.HasExited || Stopwatch.GetElapsedTime(began) > StartTimeout)
                throw new InvalidOperationException(
                    $"No response to {path}: {string.Join('\n', File.ReadLines(log).TakeLast(20))}");
            await Task.Delay(
                TimeSpan.FromTicks(Math.Max(pause.Ticks, Stopwatch.GetElapsedTime(began).Ticks / 100)),
                cancellationToken);
        }
    }

    /// <summary>Waits until its port is open.</summary>
    public async Task WaitForPortAsync(CancellationToken cancellationToken)
    {
        for (var began = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
                return;
            }
            catch (SocketException) when (!process.HasExited && Stopwatch.GetElapsedTime(began) < StartTimeout)
            {
                await Task.Delay(10, cancellationToken);
            }
        }
    }

    /// <summary>Resets <see cref="Peak"/> to the current size.</summary>
    public void ResetPeak() => File.WriteAllText($"/proc/{process.Id}/clear_refs", "5");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!process.HasExited && Send(process.Id, SigTerm) == 0)
            await process.WaitForExitAsync()
                .WaitAsync(TimeSpan.FromSeconds(10))
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private IEnumerable<int> Ids() =>
        File.ReadAllText($"/proc/{process.Id}/task/{process.Id}/children").Split(
            ' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(static id => int.Parse(id, CultureInfo.InvariantCulture)).Prepend(process.Id);

    private static double CpuOf(int id)
    {
        // The name, in parentheses, may contain any character; utime and stime are the 12th and 13th fields after it.
        var stat = File.ReadAllText($"/proc/{id}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture)
            + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    private long Memory(string name)
    {
        var line =
            File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
            * 1024;
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Send(int process, int signal);
}
