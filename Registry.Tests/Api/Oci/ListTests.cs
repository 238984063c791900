using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Oci;

/// <summary>The lists of tags and of repositories.</summary>
public sealed class ListTests : OciTest
{
    private static readonly string[] Legal = ["a-z/app", "a/app", "app", "org/charts/app", "org/charts/zoo"];

    private static readonly string[] Tags = ["1.0.0", "1.0.0_b1", "B", "Z", "_x", "a", "b-1", "b.1", "latest"];

    private OciRepository tagged = null!;

    [OneTimeSetUp]
    public async Task PushAsync()
    {
        foreach (var name in (string[])["team/_app", "Team/App"])
            using (var pushed = await Host.Client.PostAsJsonAsync(
                $"/api/v1/packages/{name}",
                new { blob = Convert.ToBase64String(Samples.TarGz("name: app")), release = "1.0.0" }))
                Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        foreach (var name in Legal)
            await Of(name).PushArtifactAsync("1.0.0");
        tagged = Of("org/charts/app");
        foreach (var tag in Tags.Reverse())
            await tagged.PushArtifactAsync(tag);
    }

    [TestCase("", "1.0.0 1.0.0_b1 B Z _x a b-1 b.1 latest", null)]
    [TestCase("?n=100", "1.0.0 1.0.0_b1 B Z _x a b-1 b.1 latest", null)]
    [TestCase("?n=99999999999", "1.0.0 1.0.0_b1 B Z _x a b-1 b.1 latest", null)]
    [TestCase("?n=9", "1.0.0 1.0.0_b1 B Z _x a b-1 b.1 latest", null)]
    [TestCase("?n=2", "1.0.0 1.0.0_b1", "n=2&last=1.0.0_b1")]
    [TestCase("?n=2&last=1.0.0_b1", "B Z", "n=2&last=Z")]
    [TestCase("?n=2&last=b-1", "b.1 latest", null)]
    [TestCase("?n=2&last=c", "latest", null)]
    [TestCase("?last=_", "_x a b-1 b.1 latest", null)]
    [TestCase("?last=latest", "", null)]
    [TestCase("?last=", "1.0.0 1.0.0_b1 B Z _x a b-1 b.1 latest", null)]
    [TestCase("?n=0", "", null)]
    public async Task Tags_are_listed_in_pages(string query, string expected, string? next)
    {
        using var response = await tagged.SendAsync("GET", $"tags/list{query}");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var list = await response.Content.ReadFromJsonAsync<JsonObject>();
        Assert.That((string?)list!["name"], Is.EqualTo("org/charts/app"));
        Assert.That(
            string.Join(' ', list["tags"]!.AsArray().Select(static tag => (string?)tag)), Is.EqualTo(expected));
        Assert.That(
            OciRepository.HeaderOf(response, "Link"),
            Is.EqualTo(next is null ? null : $"</v2/org/charts/app/tags/list?{next}>; rel=\"next\""));
    }

    [Test]
    public async Task Repositories_are_listed_if_OCI_allows_their_names()
    {
        var list = await Host.Client.GetFromJsonAsync<JsonObject>("/v2/_catalog");
        Assert.That(list!["repositories"]!.AsArray().Select(static name => (string?)name), Is.EqualTo(Legal));
    }

    [TestCase("/v2/_catalog", "repositories", "a-z/app a/app app org/charts/app org/charts/zoo")]
    [TestCase("/v2/org/charts/app/tags/list", "tags", "1.0.0 1.0.0_b1 B Z _x a b-1 b.1 latest")]
    public async Task The_pages_make_up_the_list(string path, string member, string expected)
    {
        for (var size = 1; size < 4; size++)
        {
            var found = new List<string?>();
            var next = $"{path}?n={size}";
            while (next is not null)
            {
                using var response = await Host.Client.GetAsync(next);
                var list = await response.Content.ReadFromJsonAsync<JsonObject>();
                var page = list![member]!.AsArray().Select(static name => (string?)name).ToList();
                Assert.That(page, Has.Count.InRange(1, size));
                found.AddRange(page);
                next = OciRepository.HeaderOf(response, "Link")?.Split('<', '>')[1];
            }

            Assert.That(string.Join(' ', found), Is.EqualTo(expected));
        }
    }

    [Test]
    public async Task A_page_of_no_repositories_is_empty()
    {
        using var response = await Host.Client.GetAsync("/v2/_catalog?n=0");
        Assert.That((await response.Content.ReadAsStringAsync()).Trim(), Is.EqualTo("""{"repositories":[]}"""));
        Assert.That(OciRepository.HeaderOf(response, "Link"), Is.Null);
    }

    [TestCase("-1")]
    [TestCase("")]
    [TestCase("ten")]
    [TestCase("1.5")]
    [TestCase("99999999999999999999999")]
    public async Task A_page_size_that_is_not_a_number_is_400(string n)
    {
        foreach (var path in (string[])["/v2/_catalog", "/v2/org/charts/app/tags/list"])
        {
            using var response = await Host.Client.GetAsync($"{path}?n={n}");
            Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((400, "PAGINATION_NUMBER_INVALID")));
        }
    }

    [Test]
    public async Task The_tags_of_an_unknown_repository_are_404()
    {
        using var response = await New().SendAsync("GET", "tags/list");
        Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((404, "NAME_UNKNOWN")));
    }

    [Test]
    public async Task A_repository_with_blobs_only_has_no_tags()
    {
        var repository = New();
        var blob = await repository.PushBlobAsync("blob"u8.ToArray());
        Assert.That(await repository.TagsAsync(), Is.Empty);
        using (var deleted = await repository.SendAsync("DELETE", $"blobs/{blob}"))
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        using var response = await repository.SendAsync("GET", "tags/list");
        Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((404, "NAME_UNKNOWN")));
    }

    [Test]
    public async Task A_repository_without_tags_has_an_empty_list()
    {
        var repository = New();
        var (_, digest) = await repository.PushArtifactAsync(tag: null);
        Assert.That(
            (await Host.Client.GetStringAsync($"{repository.Root}/tags/list")).Trim(),
            Is.EqualTo($$"""{"name":"{{repository.Name}}","tags":[]}"""));
        using var deleted = await repository.SendAsync("DELETE", $"manifests/{digest}");
        Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
    }

    [TestCase("/v2/_catalog")]
    [TestCase("/v2/org/charts/app/tags/list?n=2")]
    public async Task A_client_that_has_a_list_gets_304(string path)
    {
        using var first = await Host.Client.GetAsync(path);
        using var second = await tagged.SendAsync("GET", path, null, ("If-None-Match", first.Headers.ETag!.Tag));
        Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
    }

    [Test]
    public async Task A_new_tag_changes_the_entity_tag_of_the_list()
    {
        var repository = New();
        await repository.PushArtifactAsync("one");
        using var first = await repository.SendAsync("GET", "tags/list");
        await repository.PushArtifactAsync("two");
        using var second = await repository.SendAsync(
            "GET", "tags/list", null, ("If-None-Match", first.Headers.ETag!.Tag));
        Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await DeleteAllAsync(repository);
    }

    /// <summary>
    /// Deletes the repository, so that it is not in the list of repositories that other tests compare.
    /// </summary>
    private static async Task DeleteAllAsync(OciRepository repository)
    {
        foreach (var tag in await repository.TagsAsync())
        {
            using var found = await repository.SendAsync("HEAD", $"manifests/{tag}");
            using var deleted = await repository.SendAsync(
                "DELETE", $"manifests/{OciRepository.HeaderOf(found, "Docker-Content-Digest")}");
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        }
    }
}
