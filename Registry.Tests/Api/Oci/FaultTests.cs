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
