using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Registry.Tests.Support.Servers;

/// <summary>
/// A real server for one test, on free loopback ports and a temporary folder. It is killed, frozen and restarted by its
/// process id; a server that already runs on the machine is never used.
/// </summary>
/// <param name="executable">The command that runs it, and the Debian package that contains it.</param>
/// <param name="ready">The output that shows that it is ready.</param>
public abstract class ServerProcess((string Command, string Package) executable, string ready) : IBackendServer
{
    /// <summary>Far longer than a start takes, even on a busy machine.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private const int FirstPort = 20_000;
    private const int Ports = 10_000;

    /// <summary>Starts at a different port in each concurrent test run.</summary>
    private static int lastPort = Environment.ProcessId * 97;

    private readonly TemporaryFolder folder = new();
    private readonly ConcurrentQueue<string> output = new();
    private Process? process;

    /// <summary>The port for clients; it stays the same after a restart.</summary>
    public int Port { get; } = FreePort();

    /// <summary>The arguments, the same at each start.</summary>
    protected abstract IEnumerable<string> Arguments { get; }

    /// <summary>The data folder.</summary>
    protected string Data => folder.Path;

    public abstract string[] NewStorage(string name);

    /// <summary>
    /// Returns a free port below the range that the system assigns to clients: it stays free while its server is down.
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
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Try the next one.
            }
        }
    }

    /// <summary>Starts it over the same folder and ports, and waits until it is ready.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        Launch();
        await ServesAsync(cancellationToken);
    }

    /// <summary>Kills it, as a crash would.</summary>
    public async Task KillAsync()
    {
        if (process is null)
            return;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    /// <summary>Suspends it: connections stay open, but it does not respond.</summary>
    public Task FreezeAsync() => SignalAsync("-STOP");

    public Task ThawAsync() => SignalAsync("-CONT");

    public virtual async ValueTask DisposeAsync()
    {
        await KillAsync();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Creates and starts a server. Another process may take a port before the server binds it; then it retries with
    /// other ports.
    /// </summary>
    protected static async Task<T> StartAsync<T>(Func<T> make, CancellationToken cancellationToken)
        where T : ServerProcess
    {
        for (var attempt = 1; ; attempt++)
        {
            var server = make();
            try
            {
                await server.RestartAsync(cancellationToken);
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

    /// <summary>Starts it without waiting.</summary>
    /// <exception cref="NotSupportedException">The server is not installed.</exception>
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
        catch (Win32Exception exception)
        {
            throw new NotSupportedException(
                $"{executable.Command} is not installed; run: apt-get install -y {executable.Package}", exception);
        }

        process.OutputDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <exception cref="InvalidOperationException">The server exited or did not become ready in time.</exception>
    protected async Task ServesAsync(CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!output.Any(line => line.Contains(ready, StringComparison.Ordinal)))
        {
            if (process!.HasExited || TimeProvider.System.GetElapsedTime(started) > Timeout)
                throw new InvalidOperationException(
                    $"{executable.Command} did not start: {string.Join('\n', output.TakeLast(20))}");
            await Task.Delay(20, cancellationToken);
        }
    }

    private async Task SignalAsync(string signal)
    {
        var id = process?.Id ?? throw new InvalidOperationException("The server does not run.");
        using var kill = Process.Start("kill", [signal, id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        if (kill.ExitCode != 0)
            throw new InvalidOperationException($"kill {signal} {id} exited with {kill.ExitCode}.");
    }
}
