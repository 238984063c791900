using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api;

/// <summary>Two instances of the service over one storage: each sees what the other acknowledged.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Names))]
public sealed class TwoReplicaTests(string backend)
{
    private const string Package = "/api/v1/packages/kubernauts/elasticsearch";
    private const string TarDigest = "72ed15c9a65961ecd034cca098ec18eb99002cd402824aae8a674a8ae41bd0ef";
    private const string Workspace = "?workspace=http://github.com/kubernauts/kploy.net";

    [Test]
    public async Task Each_replica_sees_the_changes_of_the_other()
    {
        var storage = await Backends.NewStorageAsync(backend);
        await using var one = await RegistryHost.StartAsync(storage);
        await using var other = await RegistryHost.StartAsync(storage);
        var chart =
            await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "Data", "elasticsearch-chart.tar.gz"));
        var archive = await SampleArchive.BytesAsync();
        Assert.That(await other.Client.GetStringAsync("/api/v1/packages"), Is.EqualTo("[]\n"));

        var push = new { blob = Convert.ToBase64String(chart), release = "0.0.1", media_type = "helm" };
        using (var pushed = await one.Client.PostAsJsonAsync(Package, push))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using (var uploaded = await one.Client.PostAsync($"/api/v1/app{Workspace}", new ByteArrayContent(archive)))
            Assert.That(uploaded.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        foreach (var client in (HttpClient[])[other.Client, one.Client])
        {
            var list = await client.GetFromJsonAsync<JsonArray>("/api/v1/packages");
            Assert.That(
                list!.Select(static entry => (string?)entry!["name"]),
                Is.EqualTo(new[] { "kubernauts/elasticsearch" }));
            var show = await client.GetFromJsonAsync<JsonObject>($"{Package}/default/helm");
            Assert.That((string?)show!["content"]!["digest"], Is.EqualTo(TarDigest));
            Assert.That(await client.GetByteArrayAsync($"{Package}/0.0.1/helm/pull"), Is.EqualTo(chart));
            Assert.That(await client.GetByteArrayAsync($"{Package}/blobs/sha256/{TarDigest}"), Is.EqualTo(chart));
            var pull = await client.GetFromJsonAsync<JsonObject>($"{Package}/0.0.1/helm/pull/json");
            Assert.That(Convert.FromBase64String((string)pull!["blob"]!), Is.EqualTo(chart));
            Assert.That(
                await client.GetByteArrayAsync($"/api/v1/app/{SampleArchive.Id}{Workspace}"), Is.EqualTo(archive));
            var archives = await client.GetFromJsonAsync<JsonArray>($"/api/v1/app{Workspace}");
            Assert.That((string?)archives!.Single()!["size"], Is.EqualTo($"{SampleArchive.Length}"));
            Assert.That(
                (string?)(await client.GetFromJsonAsync<JsonObject>("/api/v1"))!["storage"], Is.EqualTo(backend));
        }

        using (var again = await other.Client.PostAsJsonAsync(Package, push))
            Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
        using (var deleted = await other.Client.DeleteAsync($"{Package}/0.0.1/helm"))
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using (var deleted = await other.Client.DeleteAsync($"/api/v1/app/{SampleArchive.Id}{Workspace}"))
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        foreach (var path in (string[])[
            Package, $"{Package}/0.0.1/helm/pull", $"/api/v1/app/{SampleArchive.Id}{Workspace}"
        ])
        {
            using var gone = await one.Client.GetAsync(path);
            Assert.That(gone.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), path);
        }
    }
}
