using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Registry.Api.Access;

/// <summary>
/// Logs at startup what clients without credentials may do, and follows the file with the admin token.
/// </summary>
internal sealed partial class AccessMonitor(
    AccessOptions access,
    AdministratorSecret administrator,
    IServer server,
    IHostApplicationLifetime host,
    TimeProvider time,
    ILogger<AccessMonitor> logger) : BackgroundService
{
    /// <summary>How often the file is checked for changes. Kubernetes updates mounted secrets at run time.</summary>
    private static readonly TimeSpan PollPeriod = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (access.RequiresScopes)
        {
            LogAnonymous(access.Anonymous.Scopes.IsEmpty ? "nothing" : access.Anonymous.ToString());
            await administrator.ReloadAsync(cancellationToken);
        }
        else
        {
            host.ApplicationStarted.Register(WarnIfReachable);
        }

        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!access.RequiresScopes || !administrator.IsInFile)
            return;
        using var timer = new PeriodicTimer(PollPeriod, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await administrator.ReloadAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops. After a failed startup, the host would report the exception as a fault.
        }
    }

    private void WarnIfReachable()
    {
        var reachable = (server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
            .Where(static address => !IsLoopback(BindingAddress.Parse(address)))
            .ToList();
        if (reachable.Count > 0)
            LogOpen(string.Join(", ", reachable));
    }

    private static bool IsLoopback(BindingAddress address) =>
        address.IsUnixPipe
        || address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));

    [LoggerMessage(
        Level = LogLevel.Information, Message = "Access control is on. Without credentials clients may: {Scopes}")]
    private partial void LogAnonymous(string scopes);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "AUTH__MODE is open: everyone who can reach {Addresses} may push and delete. Set AUTH__MODE=tokens, "
            + "or restrict access to the port")]
    private partial void LogOpen(string addresses);
}
