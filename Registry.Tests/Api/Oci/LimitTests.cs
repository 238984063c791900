using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Core.Transfers;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Oci;

/// <summary>Blobs and sessions over the limits.</summary>
public sealed class LimitTests : OciTest
{
    private const int BlobBytes = 300_000;
    private const int Uploads = 3;

    protected override string[] Settings =>
        [$"--Limits:BlobBytes={BlobBytes}", $"--Limits:Uploads={Uploads}", "--Limits:RequestBytes=100000"];

    [TestCase(BlobBytes, 201)]
    [TestCase(BlobBytes + 1, 413)]
    [TestCase(100 * BlobBytes, 413)]
    public async Task The_limit_of_a_blob_applies_to_every_kind_of_push(int length, int status)
    {
        var bytes = new byte[length];
        var digest = OciRepository.DigestOf(bytes);
        foreach (var chunked in (bool[])[false, true])
        {
            (string, string)[] encoding = chunked ? [("Transfer-Encoding", "chunked")] : [];
            var repository = New();
            using (var posted = await repository.SendAsync(
                "POST", $"blobs/uploads/?digest={digest}", OciRepository.Bytes(bytes), encoding))
                await AssertAsync(posted, status);
            repository = New();
            var location = await repository.BeginAsync();
            using (var put = await repository.SendAsync(
                "PUT", $"{location}?digest={digest}", OciRepository.Bytes(bytes), encoding))
                await AssertAsync(put, status);
            if (status == 413)
                using (var cancelled = await repository.SendAsync("DELETE", location))
                    Assert.That(cancelled.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task The_limit_of_a_blob_applies_to_all_its_chunks_together(bool chunked)
    {
        var repository = New();
        (string, string)[] encoding = chunked ? [("Transfer-Encoding", "chunked")] : [];
        var location = await repository.BeginAsync();
        using (var first = await repository.SendAsync(
            "PATCH", location, OciRepository.Bytes(new byte[BlobBytes - 10]), encoding))
            Assert.That(first.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        foreach (var (method, address) in ((string, string)[])
            [("PATCH", location), ("PUT", $"{location}?digest={OciRepository.UnknownDigest}")])
        {
            using var more = await repository.SendAsync(method, address, OciRepository.Bytes(new byte[11]), encoding);
            await AssertAsync(more, 413);
        }

        using (var shown = await repository.SendAsync("GET", location))
            Assert.That(OciRepository.HeaderOf(shown, "Range"), Is.EqualTo($"0-{BlobBytes - 11}"));
        var whole = new byte[BlobBytes];
        using var last = await repository.SendAsync(
            "PUT", $"{location}?digest={OciRepository.DigestOf(whole)}", OciRepository.Bytes(new byte[10]), encoding);
        Assert.That(last.StatusCode, Is.EqualTo(HttpStatusCode.Created));
    }

    [Test]
    public async Task A_manifest_may_be_larger_than_other_requests()
    {
        var repository = New();
        var (manifest, _) = await repository.PushArtifactAsync("latest", static manifest =>
            manifest["annotations"] = new JsonObject { ["a"] = new string('x', 200_000) });
        Assert.That(await Host.Client.GetByteArrayAsync($"{repository.Root}/manifests/latest"), Is.EqualTo(manifest));
    }

    [Test]
    public async Task Other_requests_keep_their_limit()
    {
        using var response = await Host.Client.PostAsync(
            "/api/v1/packages/a/b", OciRepository.Bytes(new byte[100_001], "application/json"));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    [Test]
    public async Task Sessions_over_the_limit_get_429_with_Retry_After()
    {
        var repository = New();
        var locations = new List<string>();
        for (var i = 0; i < Uploads; i++)
            locations.Add(await repository.BeginAsync());
        using (var refused = await repository.SendAsync("POST", "blobs/uploads/"))
        {
            Assert.That(await OciRepository.ErrorOfAsync(refused), Is.EqualTo((429, "TOOMANYREQUESTS")));
            Assert.That(refused.Headers.RetryAfter!.Delta, Is.GreaterThan(TimeSpan.Zero));
        }

        await repository.PushBlobAsync("a push in one request needs no session"u8.ToArray());
        foreach (var location in locations)
            using (var cancelled = await repository.SendAsync("DELETE", location))
                Assert.That(cancelled.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        using var begun = await repository.SendAsync("DELETE", await repository.BeginAsync());
        Assert.That(begun.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
    }

    [Test]
    public async Task A_push_reserves_its_memory_while_the_client_sends()
    {
        var budget = Host.Services.GetRequiredService<TransferBudget>();
        var digest = OciRepository.DigestOf("half"u8);
        foreach (var (method, path) in ((string, string)[])
            [("POST", $"/v2/a/blobs/uploads/?digest={digest}"), ("PUT", $"/v2/a/manifests/{digest}")])
        {
            Assert.That(() => budget.Reserved, Is.Zero.After(10_000, 20));
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            using (var client = await SlowClient.ConnectAsync(Host.Address, deadline.Token))
            {
                await client.SendAsync(
                    $"{method} {path} HTTP/1.1\r\nHost: {Host.Address.Authority}\r\nContent-Length: 8\r\n\r\nhalf",
                    deadline.Token);
                Assert.That(() => budget.Reserved, Is.Positive.After(10_000, 20));
            }

            Assert.That(() => budget.Reserved, Is.Zero.After(10_000, 20));
        }
    }

    private static async Task AssertAsync(HttpResponseMessage response, int status)
    {
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        if (status == 413)
            Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((413, "SIZE_INVALID")));
    }
}
