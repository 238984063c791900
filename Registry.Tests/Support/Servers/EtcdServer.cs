using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace Registry.Tests.Support.Servers;

/// <summary>An <c>etcd</c> server, standalone or a member of a cluster.</summary>
public sealed class EtcdServer : ServerProcess
{
    /// <summary>The gRPC status code OUT_OF_RANGE.</summary>
    private const int OutOfRange = 11;

    private readonly HttpClient gateway;
    private readonly string name;
    private readonly string scheme;
    private readonly string[] settings;
    private readonly int peerPort = FreePort();

    /// <summary>The members of its cluster; empty if standalone.</summary>
    private EtcdServer[] cluster = [];

    private EtcdServer(string name, string scheme, string[] settings)
        : base(("etcd", "etcd-server"), "ready to serve client requests")
    {
        (this.name, this.scheme, this.settings) = (name, scheme, settings);
        gateway =
            new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Port}"), Timeout = TimeSpan.FromSeconds(30) };
    }

    /// <summary>Its address for <c>ETCD__ENDPOINTS</c>.</summary>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"{scheme}://127.0.0.1:{Port}");

    // Tests kill the process, not the machine: what it has written survives without flushes, which all share one disk.
    protected override IEnumerable<string> Arguments =>
    [
        "--unsafe-no-fsync",
        $"--name={name}", $"--data-dir={Path.Combine(Data, "data")}",
        $"--listen-client-urls={Endpoint}", $"--advertise-client-urls={Endpoint}",
        $"--listen-peer-urls={PeerUrl}", $"--initial-advertise-peer-urls={PeerUrl}",
        "--initial-cluster="
            + string.Join(',', cluster.DefaultIfEmpty(this).Select(static member => $"{member.name}={member.PeerUrl}")),
        .. settings,
    ];

    private string PeerUrl => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{peerPort}");

    /// <param name="cancellationToken">Cancels the start.</param>
    /// <param name="settings">Command-line options, such as <c>--quota-backend-bytes=10000000</c>.</param>
    public static Task<EtcdServer> StartAsync(
        CancellationToken cancellationToken,
        params string[] settings) => StartAsync("http", cancellationToken, settings);

    /// <summary>Starts it with TLS, if the scheme is https; the settings name the certificates.</summary>
    public static Task<EtcdServer> StartAsync(
        string scheme, CancellationToken cancellationToken, params string[] settings) =>
        StartAsync(() => new EtcdServer("alone", scheme, settings), cancellationToken);

    /// <summary>Starts a cluster and waits until all members serve.</summary>
    public static async Task<EtcdServer[]> StartClusterAsync(int members, CancellationToken cancellationToken)
    {
        var servers = Enumerable.Range(0, members).Select(static i => new EtcdServer($"m{i}", "http", [])).ToArray();
        try
        {
            foreach (var server in servers)
            {
                server.cluster = servers;
                server.Launch();
            }

            foreach (var server in servers)
                await server.ServesAsync(cancellationToken);
            return servers;
        }
        catch
        {
            foreach (var server in servers)
                await server.DisposeAsync();
            throw;
        }
    }

    public override string[] NewStorage(
        string name) => ["--STORAGE=etcd", $"--Etcd:Endpoints={Endpoint}", $"--Etcd:Prefix={name}/"];

    /// <summary>Sends a request to its JSON gateway.</summary>
    /// <param name="path">The path, such as <c>/v3/kv/compaction</c>.</param>
    /// <param name="body">The request, as JSON.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    public async Task<JsonElement> AskAsync(string path, object body, CancellationToken cancellationToken)
    {
        var (succeeded, response) = await TryAskAsync(path, body, cancellationToken);
        return succeeded ? response : throw new InvalidOperationException($"{path}: {response}");
    }

    /// <summary>Compacts the history up to the current revision.</summary>
    public async Task CompactAsync(CancellationToken cancellationToken)
    {
        var status = await AskAsync("/v3/maintenance/status", new { }, cancellationToken);
        var (succeeded, response) = await TryAskAsync(
            "/v3/kv/compaction", new
            {
                revision = status.GetProperty("header")
                .GetProperty("revision")
                .GetString(),
                physical = true
            }, cancellationToken);

        // If nothing was written since the last compaction, etcd reports that the revision is compacted already.
        if (!succeeded && response.GetProperty("code").GetInt32() != OutOfRange)
            throw new InvalidOperationException($"{response}");
    }

    /// <summary>Frees space as an operator does: compacts, defragments, disarms the alarm.</summary>
    public async Task ReclaimSpaceAsync(CancellationToken cancellationToken)
    {
        await CompactAsync(cancellationToken);
        await AskAsync("/v3/maintenance/defragment", new { }, cancellationToken);
        var alarms = await AskAsync("/v3/maintenance/alarm", new { action = "GET" }, cancellationToken);
        foreach (var alarm in alarms.GetProperty("alarms").EnumerateArray())
            await AskAsync(
                "/v3/maintenance/alarm",
                new { action = "DEACTIVATE", memberID = alarm.GetProperty("memberID").GetString(), alarm = "NOSPACE" },
                cancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        gateway.Dispose();
    }

    private async Task<(bool Succeeded, JsonElement Response)> TryAskAsync(
        string path, object body, CancellationToken cancellationToken)
    {
        using var response = await gateway.PostAsJsonAsync(path, body, cancellationToken);
        return (response.IsSuccessStatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken));
    }
}
