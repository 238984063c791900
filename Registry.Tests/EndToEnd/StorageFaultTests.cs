using System.Net;
using System.Text;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Filesystem;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>Responses when the data folder is missing or damaged.</summary>
public sealed class StorageFaultTests : EndToEndTest
{
    private static readonly string[] Reads =
    [
        "/api/v1/packages", "/api/v1/packages/search?q=a", "/api/v1/packages/fault/one",
        "/api/v1/packages/fault/one/1.0.0",
        "/api/v1/packages/fault/one/default/helm", "/api/v1/packages/fault/one/1.0.0/helm/pull",
        "/cnr/api/v1/packages/fault/one/1.0.0/-/pull/json",
        "/cnr/api/v1/packages/fault/one/channels", $"/api/v1/app/{SampleArchive.Id}",
    ];

    [Test]
    public async Task A_missing_data_folder_is_503_until_it_returns()
    {
        var registry = await HostAsync();
        await PushOneAsync(registry);
        using (var archive = await registry.Client.PostAsync(
            "/api/v1/app", new ByteArrayContent(await SampleArchive.BytesAsync()), CancellationToken))
            Assert.That(archive.StatusCode, Is.EqualTo(HttpStatusCode.OK));

        var aside = Path.Combine(Folder, "aside");
        Directory.Move(Data, aside);
        foreach (var path in (string[])["/readyz", .. Reads])
        {
            using var response = await registry.Client.GetAsync(path, CancellationToken);
            await AssertErrorAsync(response, HttpStatusCode.ServiceUnavailable, "unavailable");
            Assert.That(response.Headers.RetryAfter, Is.Not.Null, path);
        }

        using (var status = await registry.Client.GetAsync("/api/v1", CancellationToken))
        {
            Assert.That(status.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            AssertNothingInternal(await status.Content.ReadAsStringAsync(CancellationToken));
        }

        using (var push = await PushAsync(registry, "fault/one", "2.0.0", new SeededPackage(2, 100_000)))
            await AssertErrorAsync(push, HttpStatusCode.ServiceUnavailable, "unavailable");
        using (var upload =
            await registry.Client.PostAsync("/api/v1/app", new ByteArrayContent(new byte[100]), CancellationToken))
            await AssertErrorAsync(upload, HttpStatusCode.ServiceUnavailable, "unavailable");
        using (var alive = await registry.Client.GetAsync("/healthz", CancellationToken))
            Assert.That(alive.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(
            Directory.Exists(Data),
            Is.False,
            "a missing registry is not replaced by an empty one");

        Directory.Move(aside, Data);
        foreach (var path in (string[])["/readyz", .. Reads])
        {
            using var response = await registry.Client.GetAsync(path, CancellationToken);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), path);
        }

        using var after = await PushAsync(registry, "fault/one", "2.0.0", new SeededPackage(2, 100_000));
        Assert.That(after.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_damaged_index_affects_only_its_package()
    {
        var registry = await HostAsync(
            ("UPDATES__BOUNDSECONDS", "0.25"), ("COLLECTION__GRACESECONDS", "1"), ("COLLECTION__PERIODSECONDS", "0.5"));
        await PushOneAsync(registry);
        await PushOneAsync(registry, "fault/two");
        var blobs = Path.Combine(Data, "blobs", "packages", "fault");
        var whole = Directory.GetFiles(Path.Combine(blobs, "one"), "@*").Single();
        await ReplaceIndexAsync("{\"schema\":1,\"rel");

        foreach (var path in Reads.Where(static path => path.Contains("fault/one", StringComparison.Ordinal)))
        {
            using var response = await registry.Client.GetAsync(path, CancellationToken);
            await AssertErrorAsync(response, HttpStatusCode.ServiceUnavailable, "unavailable");
        }

        using (var push = await PushAsync(registry, "fault/one", "2.0.0", new SeededPackage(4, 100)))
            await AssertErrorAsync(push, HttpStatusCode.ServiceUnavailable, "unavailable");
        var others = await GetJsonAsync(registry, "/api/v1/packages");
        Assert.That(
            others.EnumerateArray().Select(static package => package.GetProperty("name").GetString()),
            Is.EqualTo(new[] { "fault/two" }));

        using (var deleted =
            await registry.Client.DeleteAsync("/api/v1/packages/fault/two/1.0.0/helm", CancellationToken))
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await UntilAsync(
            () => Task.FromResult(!Directory.Exists(Path.Combine(blobs, "two"))), "the blob of the other is collected");
        Assert.That(whole, Does.Exist, "blobs of the damaged package are kept");
    }

    [Test]
    public async Task A_package_stored_by_a_newer_version_is_not_changed()
    {
        var registry = await StartAsync(
            ("UPDATES__BOUNDSECONDS", "0.25"), ("COLLECTION__GRACESECONDS", "1"), ("COLLECTION__PERIODSECONDS", "0.5"));
        await PushOneAsync(registry);
        var index = Directory.GetFiles(Path.Combine(Data, "documents", "packages", "fault"), "one*").Single();
        var blob = Directory.GetFiles(Path.Combine(Data, "blobs", "packages", "fault", "one"), "@*").Single();
        var stored = (await File.ReadAllTextAsync(index, CancellationToken)).Replace(
            "{\"schema\":2,\"requires\":\"1.2.0\",", "{\"schema\":3,\"requires\":\"7.1.0\",", StringComparison.Ordinal);
        await ReplaceIndexAsync(stored);

        foreach (var path in Reads.SkipLast(1))
        {
            using var response = await registry.Client.GetAsync(path, CancellationToken);
            await AssertErrorAsync(response, HttpStatusCode.ServiceUnavailable, "unavailable");
            Assert.That(
                await response.Content.ReadAsStringAsync(CancellationToken),
                Does.Contain("A newer version of the registry stored the data for this request."),
                path);
        }

        using (var push = await PushAsync(registry, "fault/one", "2.0.0", new SeededPackage(4, 100)))
            await AssertErrorAsync(push, HttpStatusCode.ServiceUnavailable, "unavailable");
        using (var delete =
            await registry.Client.DeleteAsync("/api/v1/packages/fault/one/1.0.0/helm", CancellationToken))
            await AssertErrorAsync(delete, HttpStatusCode.ServiceUnavailable, "unavailable");
        const string Advice = "Run version 7.1.0 or later of the registry";
        await UntilAsync(
            () => Task.FromResult(registry.Log.Any(static line => line.Contains(Advice, StringComparison.Ordinal))),
            "the log names the version");
        Assert.That(await File.ReadAllTextAsync(index, CancellationToken), Is.EqualTo(stored));
        Assert.That(blob, Does.Exist);
        await registry.StopAsync();

        var verify = Launch([.. RegistryProcess.Command, "verify", $"--Filesystem:Path={Data}"]);
        Assert.That(await verify.ExitAsync(), Is.EqualTo(1), verify.Errors);
        Assert.That(verify.Errors, Does.Contain(Advice));
    }

    [Test]
    public async Task A_truncated_blob_is_never_a_complete_200()
    {
        var registry = await HostAsync();
        var package = new SeededPackage(1, 3 << 20);
        using (var pushed = await PushAsync(registry, "fault/one", "1.0.0", package))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var blob = Directory.GetFiles(Path.Combine(Data, "blobs", "packages", "fault", "one"), "@*").Single();
        await using (var file = File.OpenWrite(blob))
            file.SetLength(1 << 20);

        foreach (var path in Reads.Where(static path => path.Contains("/pull", StringComparison.Ordinal)))
            try
            {
                using var response = await registry.Client.GetAsync(path, CancellationToken);
                await AssertErrorAsync(response, HttpStatusCode.ServiceUnavailable, "unavailable");
            }
            catch (HttpRequestException)
            {
                // The connection broke, so the client notices.
            }
    }

    /// <summary>
    /// Replaces the index of fault/one as another replica would, so that the lists of a running registry notice it.
    /// </summary>
    private async Task ReplaceIndexAsync(string content)
    {
        var options = new FilesystemOptions { Path = Data };
        var documents = new FilesystemDocumentStore(new FilesystemVolume(options, TimeProvider.System));
        var placed = await documents.TryPutAsync(
            Samples.Package("fault/one").Key, Encoding.UTF8.GetBytes(content), Precondition.None, CancellationToken);
        Assert.That(placed, Is.Not.Null);
    }

    /// <summary>
    /// Pushes one release. A push that takes longer than a short bound allows, as on a busy machine, gets 503 and is
    /// repeated.
    /// </summary>
    private Task PushOneAsync(IRegistry registry, string package = "fault/one") => UntilAsync(
        async () =>
        {
            using var pushed = await PushAsync(registry, package, "1.0.0", new SeededPackage(1, 200_000));
            Assert.That(
                pushed.StatusCode,
                Is.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.ServiceUnavailable),
                await pushed.Content.ReadAsStringAsync(CancellationToken));
            return pushed.StatusCode == HttpStatusCode.OK;
        },
        "the push succeeds");
}
