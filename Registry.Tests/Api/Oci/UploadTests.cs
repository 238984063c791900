using System.Net;
using System.Security.Cryptography;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Oci;

/// <summary>Blobs that are pushed in one request or in sessions.</summary>
public sealed class UploadTests : OciTest
{
    private static readonly byte[] Content = RandomNumberGenerator.GetBytes(500_000);
    private static readonly string Digest = OciRepository.DigestOf(Content);

    [Test]
    public async Task A_blob_is_pushed_in_one_request()
    {
        var repository = New();
        using var response = await repository.SendAsync(
            "POST", $"blobs/uploads/?digest={Uri.EscapeDataString(Digest)}", OciRepository.Bytes(Content));
        await AssertStoredAsync(repository, response, Content);
    }

    [Test]
    public async Task A_session_has_a_location_an_id_and_an_empty_range()
    {
        var repository = New();
        using var response = await repository.SendAsync("POST", "blobs/uploads/");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        var id = OciRepository.HeaderOf(response, "Docker-Upload-UUID");
        Assert.That(id, Does.Match("^[0-9a-f]{32}$"));
        Assert.That(response.Headers.Location!.OriginalString, Is.EqualTo($"{repository.Root}/blobs/uploads/{id}"));
        Assert.That(OciRepository.HeaderOf(response, "Range"), Is.EqualTo("0-0"));
        Assert.That(response.Content.Headers.ContentLength, Is.Zero);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task The_last_request_may_have_the_whole_blob(bool chunked)
    {
        var repository = New();
        var location = await repository.BeginAsync();
        using var response = await repository.SendAsync(
            "PUT", $"{location}?digest={Digest}", OciRepository.Bytes(Content), Encoding(chunked));
        await AssertStoredAsync(repository, response, Content);
        await AssertGoneAsync(repository, location);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task The_last_request_may_have_an_empty_body(bool chunked)
    {
        var repository = New();
        var location = await repository.BeginAsync();
        using (var patched = await repository.SendAsync(
            "PATCH", location, OciRepository.Bytes(Content), Encoding(chunked)))
            AssertStaged(patched, HttpStatusCode.Accepted, location, Content.Length);
        using var response = await repository.SendAsync("PUT", $"{location}?digest={Digest}", OciRepository.Bytes([]));
        await AssertStoredAsync(repository, response, Content);
        await AssertGoneAsync(repository, location);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Chunks_are_appended_in_their_order(bool announced)
    {
        var repository = New();
        var location = await repository.BeginAsync();
        const int Size = 150_000;
        for (var first = 0; first < 3 * Size; first += Size)
        {
            using var patched = await PatchAsync(repository, location, first, Size, announced);
            AssertStaged(patched, HttpStatusCode.Accepted, location, first + Size);
            using var shown = await repository.SendAsync("GET", location);
            AssertStaged(shown, HttpStatusCode.NoContent, location, first + Size);
        }

        using var response = await repository.SendAsync(
            "PUT",
            $"{location}?digest={Digest}",
            OciRepository.Bytes(Content[(3 * Size)..]),
            announced ? [("Content-Range", $"{3 * Size}-{Content.Length - 1}")] : []);
        await AssertStoredAsync(repository, response, Content);
    }

    [Test]
    public async Task A_blob_without_bytes_is_pushed_in_every_way()
    {
        var repository = New();
        var digest = OciRepository.DigestOf([]);
        using (var posted = await repository.SendAsync(
            "POST", $"blobs/uploads/?digest={digest}", OciRepository.Bytes([])))
            await AssertStoredAsync(repository, posted, []);
        using (var put = await repository.SendAsync("PUT", $"{await repository.BeginAsync()}?digest={digest}"))
            await AssertStoredAsync(repository, put, []);
        var location = await repository.BeginAsync();
        using (var patched = await repository.SendAsync("PATCH", location, OciRepository.Bytes([])))
            AssertStaged(patched, HttpStatusCode.Accepted, location, 0);
        using (var completed = await repository.SendAsync("PUT", $"{location}?digest={digest}"))
            await AssertStoredAsync(repository, completed, []);
    }

    [TestCase(0)]
    [TestCase(5_000)]
    [TestCase(20_000)]
    public async Task A_chunk_out_of_order_is_416_and_changes_nothing(int first)
    {
        var repository = New();
        var location = await repository.BeginAsync();
        using (var patched = await PatchAsync(repository, location, 0, 10_000, announced: true))
            Assert.That(patched.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        using (var refused = await PatchAsync(repository, location, first, 1_000, announced: true))
            Assert.That(await OciRepository.ErrorOfAsync(refused), Is.EqualTo((416, "BLOB_UPLOAD_INVALID")));
        using (var refused = await repository.SendAsync(
            "PUT",
            $"{location}?digest={Digest}",
            OciRepository.Bytes(Content[first..]),
            ("Content-Range", $"{first}-{Content.Length - 1}")))
            Assert.That(await OciRepository.ErrorOfAsync(refused), Is.EqualTo((416, "BLOB_UPLOAD_INVALID")));
        using (var shown = await repository.SendAsync("GET", location))
            AssertStaged(shown, HttpStatusCode.NoContent, location, 10_000);
        using var response = await repository.SendAsync(
            "PUT", $"{location}?digest={Digest}", OciRepository.Bytes(Content[10_000..]));
        await AssertStoredAsync(repository, response, Content);
    }

    [TestCase("0-9", 9, false)]
    [TestCase("0-9", 11, false)]
    [TestCase("0-9", 9, true)]
    [TestCase("0-9", 11, true)]
    [TestCase("0-9", 500_000, true)]
    [TestCase("0-", 10, false)]
    [TestCase("-9", 10, false)]
    [TestCase("9-0", 10, false)]
    [TestCase("bytes 0-9/10", 10, false)]
    [TestCase("bytes=0-9", 10, false)]
    [TestCase("0-9/10", 10, false)]
    [TestCase("0x0-9", 10, false)]
    [TestCase("0-99999999999999999999", 10, false)]
    [TestCase("0-9223372036854775807", 10, false)]
    public async Task A_chunk_whose_range_is_wrong_is_400_and_changes_nothing(string range, int length, bool chunked)
    {
        var repository = New();
        var location = await repository.BeginAsync();
        foreach (var (method, address) in ((string, string)[])
            [("PATCH", location), ("PUT", $"{location}?digest={OciRepository.DigestOf(Content.AsSpan(0, length))}")])
        {
            using var refused = await repository.SendAsync(
                method,
                address,
                OciRepository.Bytes(Content[..length]),
                [("Content-Range", range), .. Encoding(chunked)]);
            Assert.That(await OciRepository.ErrorOfAsync(refused), Is.EqualTo((400, "SIZE_INVALID")), method);
            using var shown = await repository.SendAsync("GET", location);
            AssertStaged(shown, HttpStatusCode.NoContent, location, 0);
        }
    }

    [Test]
    public async Task Bytes_with_another_digest_are_400_and_not_stored()
    {
        var repository = New();
        var wrong = OciRepository.UnknownDigest;
        var staged = await repository.BeginAsync();
        using (var patched = await repository.SendAsync("PATCH", staged, OciRepository.Bytes(Content)))
            Assert.That(patched.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        foreach (var (method, address, body) in ((string, string, byte[])[])
            [("POST", $"blobs/uploads/?digest={wrong}", Content),
                ("PUT", $"{await repository.BeginAsync()}?digest={wrong}", Content),
                ("PUT", $"{staged}?digest={wrong}", [])])
        {
            using var refused = await repository.SendAsync(method, address, OciRepository.Bytes(body));
            Assert.That(await OciRepository.ErrorOfAsync(refused), Is.EqualTo((400, "DIGEST_INVALID")), address);
            foreach (var digest in (string[])[wrong, Digest])
            {
                using var missing = await repository.SendAsync("GET", $"blobs/{digest}");
                Assert.That(missing.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
            }
        }
    }

    [TestCaseSource(typeof(Digests), nameof(Digests.Invalid))]
    public async Task An_invalid_digest_is_400(string digest)
    {
        var repository = New();
        foreach (var (method, address) in ((string, string)[])
            [("POST", $"blobs/uploads/?digest={digest}"), ("POST", $"blobs/uploads/?mount={digest}&from=a"),
                ("PUT", $"{await repository.BeginAsync()}?digest={digest}")])
        {
            using var refused = await repository.SendAsync(method, address, OciRepository.Bytes(Content));
            Assert.That(await OciRepository.ErrorOfAsync(refused), Is.EqualTo((400, "DIGEST_INVALID")), address);
        }
    }

    [Test]
    public async Task A_session_is_not_completed_without_a_digest()
    {
        var repository = New();
        using var refused = await repository.SendAsync(
            "PUT", await repository.BeginAsync(), OciRepository.Bytes(Content));
        Assert.That(await OciRepository.ErrorOfAsync(refused), Is.EqualTo((400, "DIGEST_INVALID")));
    }

    [Test]
    public async Task A_session_for_another_algorithm_is_400()
    {
        using var refused = await New().SendAsync("POST", "blobs/uploads/?digest-algorithm=sha512");
        Assert.That(await OciRepository.ErrorOfAsync(refused), Is.EqualTo((400, "DIGEST_INVALID")));
        using var begun = await New().SendAsync("POST", "blobs/uploads/?digest-algorithm=sha256");
        Assert.That(begun.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
    }

    [Test]
    public async Task An_unknown_session_is_404()
    {
        var repository = New();
        var other = await New().BeginAsync();
        foreach (var id in (string[])[new string('0', 32), "unknown", other[^32..], other[^32..].ToUpperInvariant()])
            foreach (var (method, query) in ((string, string)[])
                [("GET", ""), ("PATCH", ""), ("PUT", $"?digest={Digest}"), ("DELETE", "")])
            {
                using var refused = await repository.SendAsync(
                    method, $"blobs/uploads/{id}{query}", method[0] == 'P' ? OciRepository.Bytes(Content) : null);
                Assert.That(
                    await OciRepository.ErrorOfAsync(refused),
                    Is.EqualTo((404, "BLOB_UPLOAD_UNKNOWN")),
                    $"{method} {id}");
            }
    }

    [Test]
    public async Task A_cancelled_session_is_gone()
    {
        var repository = New();
        var location = await repository.BeginAsync();
        using (var patched = await repository.SendAsync("PATCH", location, OciRepository.Bytes(Content)))
            Assert.That(patched.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        using (var cancelled = await repository.SendAsync("DELETE", location))
            Assert.That(cancelled.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        await AssertGoneAsync(repository, location);
    }

    [Test]
    public async Task Clients_that_push_the_same_blob_posted_all_succeed()
    {
        var repository = New();
        var locations = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => repository.BeginAsync()));
        var responses = await Task.WhenAll(locations.Select(
            location => repository.SendAsync("PUT", $"{location}?digest={Digest}", OciRepository.Bytes(Content))));
        foreach (var response in responses)
            using (response)
                Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
    }

    [Test]
    public async Task Of_concurrent_chunks_at_one_place_one_is_appended()
    {
        var repository = New();
        var location = await repository.BeginAsync();
        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(
            _ => PatchAsync(repository, location, 0, 100_000, announced: true)));
        Assert.That(
            responses.Select(static response => response.StatusCode),
            Is.EquivalentTo(Enumerable.Repeat(HttpStatusCode.RequestedRangeNotSatisfiable, 7)
                .Prepend(HttpStatusCode.Accepted)));
        foreach (var response in responses)
            response.Dispose();
        using var shown = await repository.SendAsync("GET", location);
        AssertStaged(shown, HttpStatusCode.NoContent, location, 100_000);
    }

    private static Task<HttpResponseMessage> PatchAsync(
        OciRepository repository, string location, int first, int length, bool announced) => repository.SendAsync(
        "PATCH",
        location,
        OciRepository.Bytes(Content[first..(first + length)]),
        announced ? [("Content-Range", $"{first}-{first + length - 1}")] : []);

    private static (string, string)[] Encoding(bool chunked) => chunked ? [("Transfer-Encoding", "chunked")] : [];

    private static void AssertStaged(HttpResponseMessage response, HttpStatusCode status, string location, long length)
    {
        Assert.That(response.StatusCode, Is.EqualTo(status));
        Assert.That(response.Headers.Location!.OriginalString, Is.EqualTo(location));
        Assert.That(OciRepository.HeaderOf(response, "Range"), Is.EqualTo($"0-{Math.Max(length - 1, 0)}"));
        Assert.That(OciRepository.HeaderOf(response, "Docker-Upload-UUID"), Is.EqualTo(location[^32..]));
    }

    private static async Task AssertGoneAsync(OciRepository repository, string location)
    {
        using var gone = await repository.SendAsync("GET", location);
        Assert.That(await OciRepository.ErrorOfAsync(gone), Is.EqualTo((404, "BLOB_UPLOAD_UNKNOWN")));
    }

    private async Task AssertStoredAsync(OciRepository repository, HttpResponseMessage response, byte[] bytes)
    {
        var digest = OciRepository.DigestOf(bytes);
        Assert.That(
            response.StatusCode, Is.EqualTo(HttpStatusCode.Created), await response.Content.ReadAsStringAsync());
        Assert.That(OciRepository.HeaderOf(response, "Docker-Content-Digest"), Is.EqualTo(digest));
        Assert.That(response.Headers.Location!.OriginalString, Is.EqualTo($"{repository.Root}/blobs/{digest}"));
        Assert.That(await Host.Client.GetByteArrayAsync(response.Headers.Location), SameBytes.As(bytes));
    }
}
