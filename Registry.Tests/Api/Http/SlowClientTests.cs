using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Http;

/// <summary>Slow clients are served, up to a limit.</summary>
public sealed class SlowClientTests : IDisposable
{
    private const string Package = "/cnr/api/v1/packages/slow/client";

    /// <summary>Longer than Kestrel's grace period of 5 s.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(7);

    private static readonly byte[] Archive = RandomNumberGenerator.GetBytes(12 << 20);

    private static readonly string Id = Convert.ToHexStringLower(SHA256.HashData(Archive));

    /// <summary>The timeout of one wait.</summary>
    private static CancellationToken Bound => new CancellationTokenSource(TimeSpan.FromMinutes(3)).Token;

    private readonly TemporaryFolder folder = new();
    private RegistryHost lenient = null!;
    private RegistryHost strict = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        var data = $"--Filesystem:Path={folder.Below("data")}";
        lenient = await RegistryHost.StartAsync(data);
        using (var uploaded = await lenient.Client.PostAsync("/api/v1/app", new ByteArrayContent(Archive), Bound))
            Assert.That(uploaded.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await PushAsync("1.0.0", Archive.AsSpan(0, 6 << 20).ToArray());

        // It would reject an upload that is slow because the machine is busy.
        strict = await RegistryHost.StartAsync(data, "--Transfers:StallSeconds=1");
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await lenient.DisposeAsync();
        await strict.DisposeAsync();
    }

    public void Dispose() => folder.Dispose();

    [Test]
    public async Task A_client_that_pauses_reading_gets_everything()
    {
        await Task.WhenAll(new[] { "", "Range: bytes=1000000-\r\n" }.Select(async range =>
        {
            using var client = await SlowClient.GetAsync(lenient.Address, $"/api/v1/app/{Id}", range, Bound);
            await Task.Delay(Pause, Bound);

            var body = SlowClient.BodyOf(await client.ReadToEndAsync(Bound));

            var expected = Archive.AsSpan(range.Length == 0 ? 0 : 1_000_000);
            Assert.That(expected.SequenceEqual(body), Is.True, range);
        }));
    }

    [Test]
    public async Task A_client_that_reads_slowly_gets_everything() => await Task.WhenAll(
        ReadSlowlyAsync($"/api/v1/app/{Id}", ""),
        ReadSlowlyAsync($"/api/v1/app/{Id}", "Range: bytes=1000000-\r\n"),
        ReadSlowlyAsync($"{Package}/1.0.0/helm/pull", ""),
        ReadSlowlyAsync($"{Package}/1.0.0/helm/pull/json", ""));

    [Test]
    public async Task A_client_that_stops_reading_is_disconnected()
    {
        (string Path, string Headers)[] requests =
        [
            (
                $"/api/v1/app/{Id}",
                ""), ($"/api/v1/app/{Id}", "Range: bytes=1000000-\r\n"), ($"{Package}/1.0.0/helm/pull/json", ""),
        ];
        List<SlowClient> clients = [];
        try
        {
            foreach (var (path, headers) in requests)
                clients.Add(await SlowClient.GetAsync(strict.Address, path, headers, Bound));
            while (CountLogged("GET", "transfer aborted") < requests.Length)
                await Task.Delay(100, Bound);

            foreach (var client in clients)
                Assert.That(SlowClient.BodyOf(await client.ReadToEndAsync(Bound)), Is.Null);
            Assert.That(CountLogged("GET", "failed while sending"), Is.Zero);
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }

    [Test]
    public async Task A_push_that_pauses_early_succeeds()
    {
        var body = PushBody("2.0.0", Samples.TarGz("slow"));
        using var client = await SlowClient.ConnectAsync(lenient.Address, Bound);
        await client.SendAsync(Head("POST", Package, body.Length) + body[..30], Bound);
        await Task.Delay(Pause, Bound);
        await client.SendAsync(body[30..], Bound);

        Assert.That(await ReadResponseAsync(client), Does.StartWith("HTTP/1.1 200 OK"));
    }

    [Test]
    public async Task An_archive_upload_that_pauses_early_succeeds()
    {
        using var client = await SlowClient.ConnectAsync(lenient.Address, Bound);
        await client.SendAsync(Head("POST", "/api/v1/app", 10) + "12345", Bound);
        await Task.Delay(Pause, Bound);
        await client.SendAsync("67890", Bound);

        Assert.That(await ReadResponseAsync(client), Does.StartWith("HTTP/1.1 200 OK"));
    }

    [TestCase(Package)]
    [TestCase("/api/v1/app")]
    public async Task A_client_that_stops_sending_gets_408(string path)
    {
        var body = PushBody("2.0.0", Samples.TarGz("stops"));
        using var client = await SlowClient.ConnectAsync(strict.Address, Bound);
        await client.SendAsync(Head("POST", path, body.Length) + body[..^10], Bound);

        var response = await ReadResponseAsync(client);

        Assert.That(response, Does.StartWith("HTTP/1.1 408 "));
        Assert.That(response, Does.Contain("\"code\":\"request-timeout\""));
    }

    [Test]
    public async Task An_aborted_transfer_is_logged_without_the_secret_of_a_token_in_the_path()
    {
        var secret = new string('b', 49);
        var body = PushBody("2.0.0", Samples.TarGz("stops"));
        using var client = await SlowClient.ConnectAsync(strict.Address, Bound);
        await client.SendAsync(Head("POST", $"{Package}-reg_aaaaaaaaaaaa_{secret}", body.Length) + body[..^10], Bound);

        await ReadResponseAsync(client);
        List<string> messages;
        do
        {
            await Task.Delay(100, Bound);
            messages = [
                .. strict.Log.Entries.Select(static entry => entry.Message)
                    .Where(static message => message.Contains("-reg_", StringComparison.Ordinal)),
            ];
        }
        while (!messages.Exists(static message => message.Contains("transfer aborted", StringComparison.Ordinal)));

        Assert.That(messages, Has.Some.StartsWith($"POST {Package}-reg_aaaaaaaaaaaa_…: transfer aborted"));
        Assert.That(messages, Has.None.Contains(secret));
    }

    [Test]
    public async Task A_client_that_trickles_bytes_gets_408()
    {
        using var client = await SlowClient.ConnectAsync(strict.Address, Bound);
        await client.SendAsync(Head("POST", "/api/v1/app", 1000), Bound);
        var responding = ReadResponseAsync(client);
        while (!responding.IsCompleted)
        {
            await client.SendAsync("x", Bound);
            await Task.WhenAny(responding, Task.Delay(200, Bound));
        }

        Assert.That(await responding, Does.StartWith("HTTP/1.1 408 "));
    }

    [TestCase("fffffffffffffffff\r\n")]
    [TestCase("ffffffff\r\n")]
    [TestCase("7fffffffffffffff\r\n")]
    [TestCase("-1\r\n")]
    [TestCase("x\r\n")]
    [TestCase("\r\n\r\n")]
    [TestCase("1\r\n{broken\r\n0\r\n\r\n")]
    [TestCase("1 0\r\n")]
    public async Task A_malformed_chunk_gets_400(string chunks)
    {
        foreach (var path in (string[])[Package, "/api/v1/app"])
        {
            var response = await RawHttp.SendAsync(
                lenient.Address, $"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: "
                    + $"chunked\r\n\r\n2\r\n {{\r\n{chunks}");

            Assert.That(response, Does.StartWith("HTTP/1.1 400 "), path);
            Assert.That(response, Does.Contain("\"code\":\"invalid-usage\""), path);
        }
    }

    private async Task ReadSlowlyAsync(string path, string range)
    {
        using var client = await SlowClient.GetAsync(lenient.Address, path, range, Bound);
        var buffer = new byte[8 * 1024];
        var response = new MemoryStream();
        var began = TimeProvider.System.GetTimestamp();
        for (int read;
             TimeProvider.System.GetElapsedTime(began) < Pause && (read = await client.ReadAsync(buffer, Bound)) > 0;)
        {
            response.Write(buffer, 0, read);
            await Task.Delay(500, Bound);
        }

        response.Write(await client.ReadToEndAsync(Bound));

        Assert.That(SlowClient.BodyOf(response.ToArray()), Is.Not.Null, $"{path} {range}");
    }

    private static string PushBody(string release, byte[] package) =>
        JsonSerializer.Serialize(new { release, media_type = "helm", blob = Convert.ToBase64String(package) });

    private static string Head(string method, string path, int length) =>
        $"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n";

    private int CountLogged(string method, string what) => strict.Log.Entries.Count(entry =>
        entry.Message.StartsWith(method, StringComparison.Ordinal)
            && entry.Message.Contains(what, StringComparison.Ordinal));

    private static async Task<string> ReadResponseAsync(
        SlowClient client) => Encoding.Latin1.GetString(await client.ReadResponseAsync(Bound));

    private async Task PushAsync(string release, byte[] file)
    {
        var package = await new SeededPackage(file.Length, file.Length).ToArrayAsync(Bound);
        using var pushed = await lenient.Client.PostAsync(
            Package, new StringContent(PushBody(release, package), Encoding.UTF8, "application/json"), Bound);
        Assert.That(
            pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK), await pushed.Content.ReadAsStringAsync(Bound));
    }
}
