using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Registry.Tests.Support;

/// <summary>
/// A real <c>redis-server</c> of the test's own, on a free loopback port over a temporary folder. It is killed, frozen and started again by
/// its process id; one that runs on the machine already is never used.
/// </summary>
public sealed class RedisServer : IAsyncDisposable
{
    private static readonly string[] Durable = ["--appendonly", "yes", "--appendfsync", "always"];

    private readonly TemporaryFolder folder = new();
    private readonly string[] settings;
    private Process? process;

    private RedisServer(string[] settings) => this.settings = settings;

    public int Port { get; private set; }

    public string Configuration => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>A server that keeps what it is given: every write flushed.</summary>
    public static Task<RedisServer> StartDurableAsync(CancellationToken ct) => StartAsync(ct, Durable);

    /// <param name="ct">Ends the wait for it.</param>
    /// <param name="settings">Settings as on its command line, such as <c>--maxmemory 10mb</c>; memory alone keeps the data where none says otherwise.</param>
    public static async Task<RedisServer> StartAsync(CancellationToken ct, params string[] settings)
    {
        var server = new RedisServer(settings);
        try
        {
            await server.StartAgainAsync(ct);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it over the folder that it had, and waits until it serves. It keeps its port.</summary>
    public async Task StartAgainAsync(CancellationToken ct)
    {
        // Another process may take a port between its choice and its use; the first start chooses again.
        for (var attempt = 1; ; attempt++)
        {
            var chosen = Port == 0 ? FreePort() : Port;
            process = Launch(chosen);
            if (await ServesAsync(process, chosen, ct))
            {
                Port = chosen;
                return;
            }

            var output = await process.StandardOutput.ReadToEndAsync(ct);
            if (attempt == 5)
                throw new InvalidOperationException($"redis-server does not start: {output}");
        }
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

    /// <summary>Sends a command as an operator would.</summary>
    /// <returns>The answer, one line for each element.</returns>
    public async Task<string> CommandAsync(params string[] words)
    {
        var start = new ProcessStartInfo("redis-cli", ["-p", Port.ToString(CultureInfo.InvariantCulture), .. words]) { RedirectStandardOutput = true };
        using var cli = Process.Start(start)!;
        var answer = await cli.StandardOutput.ReadToEndAsync();
        await cli.WaitForExitAsync();
        return answer.TrimEnd('\n');
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        folder.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>True when it answers; false when it has ended.</summary>
    private static async Task<bool> ServesAsync(Process process, int port, CancellationToken ct)
    {
        while (!process.HasExited)
        {
            ct.ThrowIfCancellationRequested();
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port, ct);
                var answer = new byte[100];
                await client.Client.SendAsync("PING\r\n"u8.ToArray(), ct);
                var text = Encoding.ASCII.GetString(answer, 0, await client.Client.ReceiveAsync(answer, ct));
                if (text.StartsWith("+PONG", StringComparison.Ordinal) || text.StartsWith("-NOAUTH", StringComparison.Ordinal))
                    return !process.HasExited;
            }
            catch (SocketException)
            {
                // Not yet.
            }

            await Task.Delay(20, ct);
        }

        return false;
    }

    private Process Launch(int port)
    {
        string[] arguments =
        [
            "--bind", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture), "--dir", folder.Path, "--save", "", "--daemonize", "no",
            "--loglevel", "warning", .. settings,
        ];
        try
        {
            return Process.Start(new ProcessStartInfo("redis-server", arguments) { RedirectStandardOutput = true })!;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new InvalidOperationException("There is no redis-server on this machine: apt-get install -y redis-server", missing);
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
