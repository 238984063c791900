using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Registry.Api.Hosting;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Telemetry;

/// <summary>The port of the metrics. Not parallel: the metrics are those of all registries in this process.</summary>
[NonParallelizable]
public sealed class MetricsPortTests
{
    [Test]
    public async Task A_port_in_use_aborts_startup()
    {
        using var used = new TcpListener(IPAddress.Loopback, 0);
        used.Start();
        var taken = ((IPEndPoint)used.LocalEndpoint).Port;
        using var folder = new TemporaryFolder();
        var code = await RegistryApplication.RunAsync(
            [
                "--urls=http://127.0.0.1:0", $"--Filesystem:Path={folder.Below("data")}", $"--Telemetry:Port={taken}",
                "--Telemetry:Address=127.0.0.1"
            ],
            static builder => builder.Logging.ClearProviders());
        Assert.That(code, Is.EqualTo(1));
    }
}
