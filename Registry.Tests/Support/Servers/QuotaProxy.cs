using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Registry.Tests.Support.Servers;

/// <summary>
/// A proxy in front of etcd. On demand it passes the write of a document on and then reports that the quota is reached,
/// as etcd does for a transaction that it applies at that moment.
/// </summary>
internal sealed class QuotaProxy : IAsyncDisposable
{
    private readonly HttpClient http = new();
    private readonly string target;
    private readonly WebApplication app;
    private Func<Task>? applied;

    private QuotaProxy(string target)
    {
        this.target = target;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, static endpoint => endpoint.Protocols = HttpProtocols.Http2));
        app = builder.Build();
        app.Run(ServeAsync);
    }

    public string Endpoint => app.Urls.First();

    public static async Task<QuotaProxy> StartAsync(EtcdServer server)
    {
        var proxy = new QuotaProxy(server.Endpoint);
        await proxy.app.StartAsync();
        return proxy;
    }

    /// <summary>Lets the next write of a document reach the quota.</summary>
    /// <param name="afterwards">What else happens before its response.</param>
    public void ReachQuota(Func<Task>? afterwards = null) => applied = afterwards ?? (static () => Task.CompletedTask);

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        http.Dispose();
    }

    private async Task ServeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        using var request = new HttpRequestMessage(HttpMethod.Post, target + path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body.ToArray()),
            Headers = { { "TE", "trailers" } },
        };
        request.Content.Headers.ContentType = new("application/grpc");
        using var response = await http.SendAsync(request);
        var content = await response.Content.ReadAsByteArrayAsync();
        context.Response.ContentType = "application/grpc";
        if (path.EndsWith("/Txn", StringComparison.Ordinal)
            && body.ToArray().AsSpan().IndexOf("documents/"u8) >= 0
            && Interlocked.Exchange(ref applied, null) is { } afterwards)
        {
            await afterwards();
            context.Response.Headers["grpc-status"] = $"{(int)StatusCode.ResourceExhausted}";
            context.Response.Headers["grpc-message"] = "etcdserver: mvcc: database space exceeded";
            return;
        }

        await context.Response.Body.WriteAsync(content);
        foreach (var (name, values) in response.TrailingHeaders)
            context.Response.AppendTrailer(name, values.ToArray());
    }
}
