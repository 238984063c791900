using System.Net;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Api.Oci;

/// <summary>Failures of the storage and of clients, which must not be reported as something else.</summary>
public sealed class FaultTests
{
    private static readonly byte[] Content = new byte[200_000];

    private FaultyHost host = null!;
    private OciRepository repository = null!;
    private string blob = null!;
    private string manifest = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        host = await FaultyHost.StartAsync();
        repository = new OciRepository(host.Client, "test/app");
        blob = await repository.PushBlobAsync(Content);
        (_, manifest) = await repository.PushArtifactAsync("latest");
        await repository.PushArtifactAsync(tag: null, change =>
            change["subject"] = OciRepository.Descriptor(OciMediaTypes.Manifest, manifest, 3));
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [TearDown]
    public void Heal() => host.Faults.Clear();

    [Test]
    public async Task A_storage_fault_is_503_and_its_message_stays_internal()
    {
        var session = await repository.BeginAsync();
        var failed = 0;
        foreach (var operation in Enum.GetValues<StorageOperation>())
            foreach (var (method, path, body) in RequestsOf(session))
            {
                host.Faults.Before = call => call.Operation == operation
                    ? throw new StorageException(StorageFault.Unavailable, "secret-host")
                    : default;
                using var response = await repository.SendAsync(method, path, body);
                host.Faults.Clear();
                if (response.IsSuccessStatusCode)
                    continue;
                failed++;
                var context = $"{method} {path} without {operation}";
                Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable), context);
                Assert.That(response.Headers.RetryAfter, Is.Not.Null, context);
                if (method == "HEAD")
                    continue;
                Assert.That(await response.Content.ReadAsStringAsync(), Does.Not.Contain("secret"), context);
                Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((503, "UNAVAILABLE")), context);
            }

        Assert.That(failed, Is.GreaterThan(10));
    }

    [Test]
    public async Task A_full_storage_is_507()
    {
        host.Faults.FailAll(new StorageException(StorageFault.Full, "/secret/path"));
        using var response = await repository.SendAsync(
            "POST", $"blobs/uploads/?digest={blob}", OciRepository.Bytes(Content));
        Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((507, "UNAVAILABLE")));
    }

    [Test]
    public async Task A_layer_that_the_storage_has_lost_is_503_and_logged_and_a_client_pushes_it_again()
    {
        var damaged = new OciRepository(host.Client, "test/layer");
        var layer = await damaged.PushBlobAsync(Content);
        var bytes = OciRepository.Manifest(await damaged.PushBlobAsync("{}"u8.ToArray()), [layer]);
        using (var pushed = await damaged.PutManifestAsync("latest", bytes))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        await LoseAsync(damaged, layer);
        await AssertLostAsync(damaged, $"blobs/{layer}", layer);
        using (var asked = await damaged.SendAsync("HEAD", $"blobs/{layer}"))
            Assert.That(asked.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        await damaged.PushBlobAsync(Content);
        using (var pulled = await damaged.SendAsync("GET", $"blobs/{layer}"))
            Assert.That(pulled.StatusCode, Is.EqualTo(HttpStatusCode.OK));

        await LoseAsync(damaged, layer);
        using (var deleted = await damaged.SendAsync("DELETE", $"manifests/{OciRepository.DigestOf(bytes)}"))
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        using var missing = await damaged.SendAsync("GET", $"blobs/{layer}");
        Assert.That(await OciRepository.ErrorOfAsync(missing), Is.EqualTo((404, "BLOB_UNKNOWN")));
    }

    [Test]
    public async Task A_manifest_that_the_storage_has_lost_is_503_and_logged_until_it_is_deleted()
    {
        var damaged = new OciRepository(host.Client, "test/manifest");
        var (_, lost) = await damaged.PushArtifactAsync("latest");
        await LoseAsync(damaged, lost);
        await AssertLostAsync(damaged, "manifests/latest", lost);
        await AssertLostAsync(damaged, $"manifests/{lost}", lost);
        host.Faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.OpenBlob)
                return;
            host.Faults.Clear();
            using var deleted = await damaged.SendAsync("DELETE", $"manifests/{lost}");
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        };
        using var missing = await damaged.SendAsync("GET", $"manifests/{lost}");
        Assert.That(await OciRepository.ErrorOfAsync(missing), Is.EqualTo((404, "MANIFEST_UNKNOWN")));
    }

    [Test]
    public async Task An_unknown_layer_that_clients_may_download_elsewhere_is_404()
    {
        var foreign = new OciRepository(host.Client, "test/foreign");
        var bytes = OciRepository.Manifest(
            await foreign.PushBlobAsync("{}"u8.ToArray()),
            [OciRepository.UnknownDigest],
            static json => json["layers"]![0]!["mediaType"] =
                "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip");
        using (var pushed = await foreign.PutManifestAsync("latest", bytes))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        using var missing = await foreign.SendAsync("GET", $"blobs/{OciRepository.UnknownDigest}");
        Assert.That(await OciRepository.ErrorOfAsync(missing), Is.EqualTo((404, "BLOB_UNKNOWN")));
    }

    [TestCase("POST")]
    [TestCase("PATCH")]
    [TestCase("PUT")]
    public async Task A_client_that_leaves_stores_nothing(string method)
    {
        var digest = OciRepository.DigestOf("half"u8);
        var session = await repository.BeginAsync();
        var address = method switch
        {
            "POST" => $"{repository.Root}/blobs/uploads/?digest={digest}",
            "PUT" => $"{session}?digest={digest}",
            _ => session,
        };
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using (var client = await SlowClient.ConnectAsync(host.Address, deadline.Token))
        {
            await client.SendAsync(
                $"{method} {address} HTTP/1.1\r\nHost: {host.Address.Authority}\r\nContent-Length: 8\r\n\r\nhalf",
                deadline.Token);
            if (method != "PATCH")
                Assert.That(() => host.Faults.OpenWriters, Is.EqualTo(1).After(10_000, 20));
        }

        Assert.That(() => host.Faults.OpenWriters, Is.Zero.After(10_000, 20));
        using var missing = await repository.SendAsync("GET", $"blobs/{digest}");
        Assert.That(missing.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        using var shown = await repository.SendAsync("GET", session);
        Assert.That(OciRepository.HeaderOf(shown, "Range"), Is.EqualTo("0-0"));
    }

    [Test]
    public async Task An_upload_that_another_request_ends_meanwhile_is_unknown_and_not_a_fault()
    {
        var session = await repository.BeginAsync();
        using (var patched = await repository.SendAsync("PATCH", session, OciRepository.Bytes(Content)))
            Assert.That(patched.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        host.Faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.ReadUpload)
                return;
            host.Faults.Clear();
            using var cancelled = await repository.SendAsync("DELETE", session);
            Assert.That(cancelled.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
            throw new StorageException(StorageFault.Unavailable, "The upload was discarded while it was read.");
        };
        using var answer = await repository.SendAsync("PUT", $"{session}?digest={blob}");
        Assert.That(await OciRepository.ErrorOfAsync(answer), Is.EqualTo((404, "BLOB_UPLOAD_UNKNOWN")));
    }

    private async Task LoseAsync(OciRepository damaged, string digest)
    {
        var scope = StoreKey.Of(["packages", .. damaged.Name.Split('/')]);
        var key = new BlobKey(scope, Digest.Parse(digest["sha256:".Length..]));
        Assert.That(await host.Blobs.TryDeleteAsync(key, Precondition.None, CancellationToken.None), Is.True);
    }

    private async Task AssertLostAsync(OciRepository damaged, string path, string digest)
    {
        using var response = await damaged.SendAsync("GET", path);
        Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((503, "UNAVAILABLE")), path);
        Assert.That(
            host.Log.Faults.Select(static fault => $"{fault.Message} {fault.Exception?.Message}"),
            Has.Some.Contains(digest["sha256:".Length..]).And.Contains("is missing"));
    }

    private IEnumerable<(string Method, string Path, HttpContent? Body)> RequestsOf(string session) =>
    [
        ("GET", "manifests/latest", null),
        ("HEAD", "manifests/latest", null),
        ("GET", $"manifests/{manifest}", null),
        ("GET", $"blobs/{blob}", null),
        ("HEAD", $"blobs/{blob}", null),
        ("GET", "tags/list", null),
        ("GET", "/v2/_catalog", null),
        ("GET", $"referrers/{manifest}", null),
        ("GET", session, null),
        ("PATCH", session, OciRepository.Bytes([])),
        ("POST", $"blobs/uploads/?mount={blob}&from={repository.Name}", null),
        ("POST", $"blobs/uploads/?digest={blob}", OciRepository.Bytes(Content)),
    ];
}
