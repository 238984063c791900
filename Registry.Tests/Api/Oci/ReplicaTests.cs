using System.Net;
using System.Security.Cryptography;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Oci;

/// <summary>Two instances of the service over one storage: each continues where the other stopped.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Names))]
public sealed class ReplicaTests(string backend)
{
    [Test]
    public async Task Each_replica_continues_what_the_other_began()
    {
        var storage = await Backends.NewStorageAsync(backend);
        await using var one = await RegistryHost.StartAsync(storage);
        await using var other = await RegistryHost.StartAsync(storage);
        var (first, second) =
            (new OciRepository(one.Client, "org/charts/app"), new OciRepository(other.Client, "org/charts/app"));
        var content = RandomNumberGenerator.GetBytes(700_000);
        var digest = OciRepository.DigestOf(content);

        var location = await first.BeginAsync();
        using (var patched = await second.SendAsync("PATCH", location, OciRepository.Bytes(content[..300_000])))
            Assert.That(patched.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        using (var shown = await first.SendAsync("GET", location))
            Assert.That(OciRepository.HeaderOf(shown, "Range"), Is.EqualTo("0-299999"));
        using (var patched = await first.SendAsync("PATCH", location, OciRepository.Bytes(content[300_000..600_000])))
            Assert.That(patched.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        using (var stored = await second.SendAsync(
            "PUT", $"{location}?digest={digest}", OciRepository.Bytes(content[600_000..])))
            Assert.That(stored.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(await one.Client.GetByteArrayAsync($"{first.Root}/blobs/{digest}"), SameBytes.As(content));

        var config = await first.PushBlobAsync("{}"u8.ToArray());
        var manifest = OciRepository.Manifest(config, [digest]);
        using (var pushed = await second.PutManifestAsync("latest", manifest))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(await first.TagsAsync(), Is.EqualTo(new[] { "latest" }));
        Assert.That(await one.Client.GetByteArrayAsync($"{first.Root}/manifests/latest"), Is.EqualTo(manifest));
        var target = new OciRepository(one.Client, "org/copy");
        using (var mounted = await target.SendAsync("POST", $"blobs/uploads/?mount={digest}&from={first.Name}"))
            Assert.That(mounted.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(await other.Client.GetByteArrayAsync($"{target.Root}/blobs/{digest}"), SameBytes.As(content));
        using (var deleted = await first.SendAsync("DELETE", $"manifests/{OciRepository.DigestOf(manifest)}"))
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(await second.TagsAsync(), Is.Empty);
        foreach (var blob in (string[])[config, digest, OciRepository.DigestOf(manifest)])
            using (var freed = await second.SendAsync("DELETE", $"blobs/{blob}"))
                Assert.That(freed.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        using var gone = await first.SendAsync("GET", "tags/list");
        Assert.That(await OciRepository.ErrorOfAsync(gone), Is.EqualTo((404, "NAME_UNKNOWN")));
    }
}
