using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Registry.Bench.Load.Processes;

/// <summary>
/// A server of this run, on a loopback port. Its output goes to a file, as an operator's would. Disposing it ends it,
/// by its process id.
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>Ticks of /proc/…/stat in a second, on every Linux that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    private const int SigTerm = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
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

    /// <summary>What it uses of its memory now, in bytes.</summary>
    public long Resident => Memory("VmRSS:");

    /// <summary>The most that it used since <see cref="ResetPeak"/>, in bytes.</summary>
    public long Peak => Memory("VmHWM:");

    /// <summary>The processor time that it has used, with its children's, in seconds.</summary>
    public double Cpu => Ids().Sum(CpuOf);

    /// <summary>A port that nobody listens at just now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Starts a program and does not wait for it.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="port">Where it will listen.</param>
    /// <param name="log">The file that its output goes to.</param>
    /// <param name="environment">What its environment has besides.</param>
    public static ServerProcess Launch(
        IEnumerable<string> command, int port, string log, params IEnumerable<(string Name, string Value)> environment)
    {
        // A shell sends the output to a file, and becomes the program: a pipe would have to be read by us, on the
        // processors that are measured.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", log, .. command]);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new ServerProcess(Process.Start(start)!, port, log);
    }

    /// <summary>
    /// Waits until something answers 200: asks every 2 ms at first, and then every hundredth of the time so far, so as
    /// not to be the load itself.
    /// </summary>
    /// <returns>How long that took.</returns>
    public Task<TimeSpan> AnswersAsync(
        string path,
        CancellationToken cancellationToken) => AnswersAsync(path, TimeSpan.FromMilliseconds(2), cancellationToken);

    /// <summary>The same, and asks no more often than this.</summary>
    public async Task<TimeSpan> AnswersAsync(string path, TimeSpan pause, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var answer = await Client.GetAsync(path, cancellationToken);
                if (answer.IsSuccessStatusCode)
                    return Stopwatch.GetElapsedTime(began);
            }
            catch (HttpRequestException) when (!process.HasExited && Stopwatch.GetElapsedTime(began) < Patience)
            {
                // Not yet.
            }

            if (process.HasExited || Stopwatch.GetElapsedTime(began) > Patience)
                throw new InvalidOperationException(
                    $"It does not answer {path}: {string.Join('\n', File.ReadLines(log).TakeLast(20))}");
            await Task.Delay(
                TimeSpan.FromTicks(Math.Max(pause.Ticks, Stopwatch.GetElapsedTime(began).Ticks / 100)),
                cancellationToken);
        }
    }

    /// <summary>Waits until its port is open.</summary>
    public async Task ListensAsync(CancellationToken cancellationToken)
    {
        for (var began = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
                return;
            }
            catch (SocketException) when (!process.HasExited && Stopwatch.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(10, cancellationToken);
            }
        }
    }

    /// <summary>Counts <see cref="Peak"/> from here on.</summary>
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
        // The name, in parentheses, may hold anything; after it utime and stime are the 12th and 13th fields.
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
