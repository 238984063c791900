using System.Diagnostics;
using System.Globalization;

namespace Registry.Tests.Support.Servers;

/// <summary>A <c>redis-server</c>.</summary>
public sealed class RedisServer : ServerProcess
{
    private static readonly string[] Durable = ["--appendonly", "yes", "--appendfsync", "always"];

    private readonly string[] settings;

    private RedisServer(string[] settings)
        : base(("redis-server", "redis-server"), "Ready to accept connections") => this.settings = settings;

    /// <summary>Its address for <c>REDIS__CONFIGURATION</c>.</summary>
    public string Configuration => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    protected override IEnumerable<string> Arguments =>
        ["--bind", "127.0.0.1", "--port", $"{Port}", "--dir", Data, "--save", "", "--daemonize", "no", .. settings];

    /// <summary>Starts a durable server, which flushes every write.</summary>
    public static Task<RedisServer> StartDurableAsync(
        CancellationToken cancellationToken) => StartAsync(cancellationToken, Durable);

    /// <param name="cancellationToken">Cancels the start.</param>
    /// <param name="settings">
    /// Command-line options, such as <c>--maxmemory 10mb</c>. By default the data is in memory only.
    /// </param>
    public static Task<RedisServer> StartAsync(
        CancellationToken cancellationToken,
        params string[] settings) => StartAsync(() => new RedisServer(settings), cancellationToken);

    public override string[] NewStorage(
        string name) => ["--STORAGE=redis", $"--Redis:Configuration={Configuration}", $"--Redis:Prefix={name}:"];

    /// <summary>Runs a command through redis-cli.</summary>
    /// <returns>The reply, one line per element.</returns>
    public async Task<string> CommandAsync(params string[] words)
    {
        var start = new ProcessStartInfo("redis-cli", ["-p", $"{Port}", .. words]) { RedirectStandardOutput = true };
        using var cli = Process.Start(start)!;
        var response = await cli.StandardOutput.ReadToEndAsync();
        await cli.WaitForExitAsync();
        return response.TrimEnd('\n');
    }
}
