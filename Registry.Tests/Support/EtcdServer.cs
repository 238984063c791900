using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Registry.Tests.Support;

/// <summary>
/// A real <c>etcd</c> of the test's own, on free loopback ports over a temporary folder: alone, or a member of a cluster. It is killed, frozen and
/// started again by its process id; one that runs on the machine already is never used.
/// </summary>
public sealed class EtcdServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder folder = new();
    private readonly ConcurrentQueue<string> output = new();
    private readonly HttpClient gateway;
    private readonly string name;
    private readonly string scheme;
    private readonly string[] settings;
    private Process? process;

    private EtcdServer(string name, string scheme, string[] settings)
    {
        (this.name, this.scheme, this.settings) = (name, scheme, settings);
        (Port, PeerPort) = (FreePort(), FreePort());
        gateway = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Port}"), Timeout = TimeSpan.FromSeconds(30) };
    }

    public int Port { get; }

    /// <summary>Its address, as <c>ETCD__ENDPOINTS</c> takes it.</summary>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"{scheme}://127.0.0.1:{Port}");

    private int PeerPort { get; }

    private string PeerUrl => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{PeerPort}");

    /// <param name="ct">Ends the wait for it.</param>
    /// <param name="settings">Settings as on its command line, such as <c>--quota-backend-bytes=10000000</c>.</param>
    public static Task<EtcdServer> StartAsync(CancellationToken ct, params string[] settings) => StartAsync("http", ct, settings);

    /// <summary>The same with TLS: the settings name the certificates.</summary>
    public static async Task<EtcdServer> StartAsync(string scheme, CancellationToken ct, params string[] settings)
    {
        // Another process may take a port between its choice and its use: choose again.
        for (var attempt = 1; ; attempt++)
        {
            var server = new EtcdServer("alone", scheme, settings);
            try
            {
                server.Launch($"alone={server.PeerUrl}");
                await server.ServesAsync(ct);
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

    /// <summary>Starts a cluster of so many members, and waits until all serve.</summary>
    public static async Task<EtcdServer[]> StartClusterAsync(int members, CancellationToken ct)
    {
        var servers = Enumerable.Range(0, members).Select(static i => new EtcdServer($"m{i}", "http", [])).ToArray();
        var cluster = string.Join(',', servers.Select(static server => $"{server.name}={server.PeerUrl}"));
        try
        {
            foreach (var server in servers)
                server.Launch(cluster);
            foreach (var server in servers)
                await server.ServesAsync(ct);
            return servers;
        }
        catch
        {
            foreach (var server in servers)
                await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it over the folder and on the ports that it had, and waits until it serves.</summary>
    public async Task StartAgainAsync(CancellationToken ct)
    {
        Launch(cluster: null);
        await ServesAsync(ct);
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

    /// <summary>Asks its JSON gateway, as an operator would by its own client.</summary>
    /// <param name="path">Such as <c>/v3/kv/compaction</c>.</param>
    /// <param name="body">The request, as JSON.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<JsonElement> AskAsync(string path, object body, CancellationToken ct)
    {
        using var answer = await gateway.PostAsJsonAsync(path, body, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        return answer.IsSuccessStatusCode ? JsonDocument.Parse(text).RootElement : throw new InvalidOperationException($"{path}: {text}");
    }

    /// <summary>Forgets the past up to now.</summary>
    public async Task CompactAsync(CancellationToken ct)
    {
        var status = await AskAsync("/v3/maintenance/status", new { }, ct);
        await AskAsync("/v3/kv/compaction", new { revision = status.GetProperty("header").GetProperty("revision").GetString(), physical = true }, ct);
    }

    /// <summary>Makes room as an operator does: compact, defragment, disarm the alarm.</summary>
    public async Task MakeRoomAsync(CancellationToken ct)
    {
        await CompactAsync(ct);
        await AskAsync("/v3/maintenance/defragment", new { }, ct);
        var alarms = await AskAsync("/v3/maintenance/alarm", new { action = "GET" }, ct);
        foreach (var alarm in alarms.GetProperty("alarms").EnumerateArray())
            await AskAsync("/v3/maintenance/alarm", new { action = "DEACTIVATE", memberID = alarm.GetProperty("memberID").GetString(), alarm = "NOSPACE" }, ct);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        gateway.Dispose();
        folder.Dispose();
    }

    /// <summary>A port that nobody listens at just now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Launch(string? cluster)
    {
        string[] arguments =
        [
            $"--name={name}", $"--data-dir={folder.Below("data")}",
            $"--listen-client-urls={Endpoint}", $"--advertise-client-urls={Endpoint}",
            $"--listen-peer-urls={PeerUrl}", $"--initial-advertise-peer-urls={PeerUrl}",
            .. cluster is null ? (string[])[] : [$"--initial-cluster={cluster}"], .. settings,
        ];
        output.Clear();
        try
        {
            process = Process.Start(new ProcessStartInfo("etcd", arguments) { RedirectStandardError = true })!;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new NotSupportedException("There is no etcd on this machine: apt-get install -y etcd-server", missing);
        }

        process.ErrorDataReceived += (_, line) => output.Enqueue(line.Data ?? "");
        process.BeginErrorReadLine();
    }

    private async Task ServesAsync(CancellationToken ct)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!output.Any(static line => line.Contains("ready to serve client requests", StringComparison.Ordinal)))
        {
            if (process!.HasExited || TimeProvider.System.GetElapsedTime(started) > Patience)
                throw new InvalidOperationException($"etcd does not start: {string.Join('\n', output.TakeLast(20))}");
            await Task.Delay(20, ct);
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
