using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Registry.Tests.Support.Servers;

/// <summary>
/// A real server of the test's own, on free loopback ports over a temporary folder. It is killed, frozen and started
/// again by its process id; one that runs on the machine already is never used.
/// </summary>
/// <param name="executable">The command that runs it, and the Debian package that brings it.</param>
/// <param name="ready">What it prints when it serves.</param>
public abstract class ServerProcess((string Command, string Package) executable, string ready) : IBackendServer
{
    /// <summary>Far above what a start takes, on a machine that does much else.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private const int FirstPort = 20_000;
    private const int Ports = 10_000;

    /// <summary>Runs of the tests at the same time begin with different ports.</summary>
    private static int lastPort = Environment.ProcessId * 97;

    private readonly TemporaryFolder folder = new();
    private readonly ConcurrentQueue<string> output = new();
    private Process? process;

    /// <summary>Where clients find it, now and after each start.</summary>
    public int Port { get; } = FreePort();

    /// <summary>Its arguments; the same at each start.</summary>
    protected abstract IEnumerable<string> Arguments { get; }

    /// <summary>Where it keeps its data.</summary>
    protected string Data => folder.Path;

    public abstract string[] NewStorage(string name);

    /// <summary>
    /// A port that nobody listens at just now, below those that the system gives to clients: it stays free while its
    /// server is down.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = FirstPort + (int)((uint)Interlocked.Increment(ref lastPort) % Ports);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // The next one may be free.
            }
        }
    }

    /// <summary>Starts it over the folder and on the ports that it had, and waits until it serves.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        Launch();
        await ServesAsync(cancellationToken);
    }

    /// <summary>Kills it at once, as a crash does.</summary>
    public async Task KillAsync()
    {
        if (process is null)
            return;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    /// <summary>Stops it without closing anything: connections stay, answers do not come.</summary>
    public Task FreezeAsync() => SignalAsync("-STOP");

    public Task ThawAsync() => SignalAsync("-CONT");

    public virtual async ValueTask DisposeAsync()
    {
        await KillAsync();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Makes a server and starts it. Another process may take a port between its choice and its use: then once more
    /// with other ports.
    /// </summary>
    protected static async Task<T> StartAsync<T>(Func<T> make, CancellationToken cancellationToken)
        where T : ServerProcess
    {
        for (var attempt = 1; ; attempt++)
        {
            var server = make();
            try
            {
                await server.StartAgainAsync(cancellationToken);
                return server;
            }
            catch (InvalidOperationException) when (attempt < 5)
            {
                await server.DisposeAsync();
            }
            catch
            {
                await server.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>Starts it, and does not wait.</summary>
    /// <exception cref="NotSupportedException">It is not installed.</exception>
    protected void Launch()
    {
        output.Clear();
        try
        {
            process = Process.Start(
                new ProcessStartInfo(executable.Command, Arguments)
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true
                })!;
        }
        catch (Win32Exception missing)
        {
            throw new NotSupportedException(
                $"There is no {executable.Command} on this machine: apt-get install -y {executable.Package}", missing);
        }

        process.OutputDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <exception cref="InvalidOperationException">It ended, or does not serve after a long time.</exception>
    protected async Task ServesAsync(CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!output.Any(line => line.Contains(ready, StringComparison.Ordinal)))
        {
            if (process!.HasExited || TimeProvider.System.GetElapsedTime(started) > Timeout)
                throw new InvalidOperationException(
                    $"{executable.Command} does not start: {string.Join('\n', output.TakeLast(20))}");
            await Task.Delay(20, cancellationToken);
        }
    }

    private async Task SignalAsync(string signal)
    {
        var id = process?.Id ?? throw new InvalidOperationException("There is no server to signal.");
        using var kill = Process.Start("kill", [signal, id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        if (kill.ExitCode != 0)
            throw new InvalidOperationException($"kill {signal} {id} ended with {kill.ExitCode}.");
    }
}
