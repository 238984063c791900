using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Registry.Api.Hosting;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Http;

/// <summary>The log line of a request: who sent it, and what was really returned.</summary>
public sealed class RequestLogTests
{
    private const int Large = 64 << 20;
    private const int Piece = 64 << 10;

    private readonly TaskCompletionSource slow = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RegistryHost host = null!;

    [OneTimeSetUp]
    public async Task Start() => host = await RegistryHost.StartAsync(
        services: null,
        routes: app =>
        {
            app.MapMethods("/streamed", [
                "GET", "HEAD"
            ], static async (HttpResponse response, CancellationToken cancellationToken) =>
            {
                await response.WriteAsync("four", cancellationToken);
                await response.Body.WriteAsync(new byte[1000], cancellationToken);
                response.BodyWriter.GetSpan(10)[..10].Clear();
                response.BodyWriter.Advance(10);
            });
            app.MapGet("/cut", static async (HttpResponse response, CancellationToken cancellationToken) =>
            {
                response.ContentLength = 1000;
                await response.WriteAsync("half", cancellationToken);
                await response.BodyWriter.FlushAsync(cancellationToken);
                throw new InvalidOperationException("late");
            });
            app.MapGet("/large", static async (HttpResponse response, CancellationToken cancellationToken) =>
            {
                response.ContentLength = Large;
                var piece = new byte[Piece];
                for (var sent = 0; sent < Large; sent += piece.Length)
                    await response.Body.WriteAsync(piece, cancellationToken);
            });
            app.MapPost("/reset", IResult () => throw new ConnectionResetException("as of a client"));
            app.MapPost(
                "/stopped",
                IResult () => throw new TaskCanceledException("", new ConnectionAbortedException("as of a stop")));
            app.MapGet(
                "/slow",
                async (CancellationToken cancellationToken) =>
                {
                    slow.SetResult();
                    await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                });
        },
        "--Proxies:Trusted=127.0.0.1, 10.0.0.0/8");

    [OneTimeTearDown]
    public async Task Stop() => await host.DisposeAsync();

    [Test]
    public async Task The_bytes_of_the_body_are_counted_however_it_is_written()
    {
        await host.Client.GetByteArrayAsync("/streamed?chunked");
        Assert.That(
            await LineAsync("GET /streamed "), Does.StartWith("127.0.0.1 GET /streamed 200 complete, 1014 bytes in "));
        using var head = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/streamed"));
        Assert.That(await LineAsync("HEAD /streamed "), Does.Contain(" 200 complete, 0 bytes in "));
        var body = await host.Client.GetByteArrayAsync("/healthz");
        Assert.That(await LineAsync("/healthz "), Does.Contain($" 200 complete, {body.Length} bytes in "));
    }

    [Test]
    public async Task A_response_that_the_registry_ends_early_is_logged_as_aborted()
    {
        Assert.That(() => host.Client.GetByteArrayAsync("/cut"), Throws.TypeOf<HttpRequestException>());
        Assert.That(await LineAsync("/cut "), Does.Contain("GET /cut 200 aborted, 4 bytes in "));
    }

    [Test]
    public async Task A_download_abandoned_by_the_client_is_logged_as_aborted()
    {
        using (var client = await SendRequestAsync("/large"))
            await client.ReadExactlyAsync(new byte[100_000]);
        var line = await LineAsync("/large ");
        Assert.That(line, Does.Contain("GET /large 200 aborted, "));
        Assert.That(
            BytesOf(line), Is.AtLeast(Piece).And.LessThan(Large), "the last piece may or may not be counted");
    }

    [Test]
    public async Task A_client_that_disconnects_before_the_response_is_logged_as_499()
    {
        using (await SendRequestAsync("/slow"))
            await slow.Task.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.That(await LineAsync("/slow "), Does.Contain("GET /slow 499 aborted, 0 bytes in "));
    }

    /// <summary>
    /// The exception of a reset by the client, and of a stop that waits no longer, may arrive before the request is
    /// cancelled.
    /// </summary>
    [TestCase("/reset")]
    [TestCase("/stopped")]
    public async Task An_upload_whose_connection_is_lost_is_logged_as_499_and_is_no_fault(string path)
    {
        Assert.That(
            () => host.Client.PostAsync(path, new ByteArrayContent(new byte[1000])),
            Throws.TypeOf<HttpRequestException>());
        Assert.That(await LineAsync($"{path} "), Does.Contain($"POST {path} 499 aborted, 0 bytes in "));
        Assert.That(
            host.Log.Entries.Where(entry =>
                entry.Level >= LogLevel.Error && entry.Message.Contains(path, StringComparison.Ordinal)),
            Is.Empty);
    }

    [TestCase("203.0.113.7", "203.0.113.7")]
    [TestCase("6.6.6.6, 203.0.113.8, 10.1.1.1, 10.2.2.2", "203.0.113.8")]
    [TestCase("2001:db8::7", "2001:db8::7")]
    [TestCase("not an address", "127.0.0.1")]
    public async Task The_client_is_the_last_address_that_is_not_a_trusted_proxy(
        string forwarded, string client)
    {
        var path = $"/nowhere/{Guid.NewGuid():N}";
        using var request =
            new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-Forwarded-For", forwarded } } };
        using var response = await host.Client.SendAsync(request);
        Assert.That(await LineAsync(path), Does.StartWith($"{client} GET {path} 404 complete, "));
    }

    [Test]
    public async Task An_untrusted_client_cannot_forge_its_address()
    {
        await using var open = await RegistryHost.StartAsync();
        using var request =
            new HttpRequestMessage(HttpMethod.Get, "/nowhere") { Headers = { { "X-Forwarded-For", "203.0.113.7" } } };
        using var response = await open.Client.SendAsync(request);
        Assert.That(await LineAsync(open, "/nowhere "), Does.StartWith("127.0.0.1 "));
    }

    private static long BytesOf(string line) => long.Parse(line.Split(", ")[1].Split(' ')[0]);

    /// <summary>
    /// Connects and sends a request; disposing the stream resets the connection and drops unread data.
    /// </summary>
    private async Task<NetworkStream> SendRequestAsync(string path)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveBufferSize = 64 * 1024,
            LingerState = new LingerOption(true, 0)
        };
        await socket.ConnectAsync(host.Address.Host, host.Address.Port);
        var stream = new NetworkStream(socket, ownsSocket: true);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        return stream;
    }

    private Task<string> LineAsync(string about) => LineAsync(host, about);

    private static async Task<string> LineAsync(RegistryHost host, string about)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var line = host.Log.Entries.FirstOrDefault(
                entry =>
                    entry.Category == typeof(RequestLog).FullName
                        && entry.Message.Contains(about, StringComparison.Ordinal));
            if (line is not null)
                return line.Message;
            await Task.Delay(20, deadline.Token);
        }
    }
}
