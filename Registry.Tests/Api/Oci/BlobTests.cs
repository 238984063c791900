using System.Net;
using System.Security.Cryptography;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Oci;

/// <summary>Blobs that are pulled and deleted.</summary>
public sealed class BlobTests : OciTest
{
    private static readonly byte[] Content = RandomNumberGenerator.GetBytes(300_000);

    [Test]
    public async Task A_blob_is_pulled_as_it_was_pushed()
    {
        var repository = New();
        var digest = await repository.PushBlobAsync(Content);
        using var response = await repository.SendAsync("GET", $"blobs/{digest}");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        AssertDescribed(response, digest);
        Assert.That(await response.Content.ReadAsByteArrayAsync(), SameBytes.As(Content));
    }

    [Test]
    public async Task HEAD_describes_a_blob()
    {
        var repository = New();
        var digest = await repository.PushBlobAsync(Content);
        using var response = await repository.SendAsync("HEAD", $"blobs/{digest}");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        AssertDescribed(response, digest);
    }

    [Test]
    public async Task A_client_that_has_a_blob_gets_304()
    {
        var repository = New();
        var digest = await repository.PushBlobAsync(Content);
        using var response = await repository.SendAsync(
            "GET", $"blobs/{digest}", null, ("If-None-Match", $"\"{digest}\""));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
        Assert.That(OciRepository.HeaderOf(response, "Docker-Content-Digest"), Is.EqualTo(digest));
    }

    [TestCase("bytes=0-9", 0, 10)]
    [TestCase("bytes=299990-", 299_990, 10)]
    [TestCase("bytes=-10", 299_990, 10)]
    [TestCase("bytes=299990-999999", 299_990, 10)]
    [TestCase("bytes=100000-200000", 100_000, 100_001)]
    public async Task A_range_of_a_blob_is_pulled(string range, int first, int length)
    {
        var repository = New();
        var digest = await repository.PushBlobAsync(Content);
        using var response = await repository.SendAsync("GET", $"blobs/{digest}", null, ("Range", range));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.PartialContent));
        Assert.That(
            OciRepository.HeaderOf(response, "Content-Range"),
            Is.EqualTo($"bytes {first}-{first + length - 1}/{Content.Length}"));
        Assert.That(OciRepository.HeaderOf(response, "Docker-Content-Digest"), Is.EqualTo(digest));
        Assert.That(
            await response.Content.ReadAsByteArrayAsync(), SameBytes.As(Content.AsSpan(first, length).ToArray()));
    }

    [TestCase("bytes=300000-")]
    [TestCase("bytes=999999-1000000")]
    [TestCase("bytes=500-0")]
    [TestCase("bytes=99999999999999999999999-0")]
    public async Task A_range_that_does_not_exist_is_416_with_the_length_of_its_body(string range)
    {
        var repository = New();
        var digest = await repository.PushBlobAsync(Content);
        using var response = await repository.SendAsync("GET", $"blobs/{digest}", null, ("Range", range));
        Assert.That(OciRepository.HeaderOf(response, "Content-Range"), Is.EqualTo($"bytes */{Content.Length}"));
        Assert.That(
            (await response.Content.ReadAsByteArrayAsync()).LongLength,
            Is.EqualTo(response.Content.Headers.ContentLength));
        Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((416, "SIZE_INVALID")));
    }

    [TestCase("GET")]
    [TestCase("DELETE")]
    public async Task An_unknown_blob_is_404(string method)
    {
        foreach (var repository in (OciRepository[])[New(), await WithBlobAsync()])
        {
            using var response = await repository.SendAsync(method, $"blobs/{OciRepository.UnknownDigest}");
            Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((404, "BLOB_UNKNOWN")));
        }
    }

    [Test]
    public async Task A_blob_of_another_repository_is_unknown()
    {
        var digest = await New().PushBlobAsync(Content);
        using var response = await New().SendAsync("GET", $"blobs/{digest}");
        Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((404, "BLOB_UNKNOWN")));
    }

    [TestCaseSource(typeof(Digests), nameof(Digests.Invalid))]
    public async Task An_invalid_digest_is_400(string digest)
    {
        foreach (var method in (string[])["GET", "DELETE"])
        {
            using var response = await New().SendAsync(method, $"blobs/{digest}");
            Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((400, "DIGEST_INVALID")));
        }
    }

    [Test]
    public async Task A_blob_that_nothing_refers_to_is_deleted()
    {
        var repository = New();
        var digest = await repository.PushBlobAsync(Content);
        using (var deleted = await repository.SendAsync("DELETE", $"blobs/{digest}"))
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        foreach (var method in (string[])["GET", "DELETE"])
        {
            using var gone = await repository.SendAsync(method, $"blobs/{digest}");
            Assert.That(await OciRepository.ErrorOfAsync(gone), Is.EqualTo((404, "BLOB_UNKNOWN")));
        }
    }

    [Test]
    public async Task A_blob_of_a_manifest_is_not_deleted()
    {
        var repository = New();
        var config = await repository.PushBlobAsync("{}"u8.ToArray());
        var layer = await repository.PushBlobAsync(Content);
        var manifest = OciRepository.Manifest(config, [layer]);
        using (var pushed = await repository.PutManifestAsync("latest", manifest))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        foreach (var digest in (string[])[config, layer, OciRepository.DigestOf(manifest)])
        {
            using var refused = await repository.SendAsync("DELETE", $"blobs/{digest}");
            Assert.That(await OciRepository.ErrorOfAsync(refused), Is.EqualTo((405, "UNSUPPORTED")));
            Assert.That(refused.Content.Headers.Allow, Is.EquivalentTo(new[] { "GET", "HEAD", "OPTIONS" }));
        }

        Assert.That(
            await Host.Client.GetByteArrayAsync($"{repository.Root}/blobs/{layer}"), SameBytes.As(Content));
    }

    private async Task<OciRepository> WithBlobAsync()
    {
        var repository = New();
        await repository.PushBlobAsync(Content);
        return repository;
    }

    private static void AssertDescribed(HttpResponseMessage response, string digest)
    {
        Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("application/octet-stream"));
        Assert.That(response.Content.Headers.ContentLength, Is.EqualTo(Content.Length));
        Assert.That(OciRepository.HeaderOf(response, "Docker-Content-Digest"), Is.EqualTo(digest));
        Assert.That(OciRepository.HeaderOf(response, "Accept-Ranges"), Is.EqualTo("bytes"));
        Assert.That(response.Headers.ETag!.Tag, Is.EqualTo($"\"{digest}\""));
    }
}
