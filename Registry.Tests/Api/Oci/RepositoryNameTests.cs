using System.Net;
using System.Text;
using NUnit.Framework;
using Registry.Api.Oci;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Oci;

/// <summary>The names of repositories, in requests and in addresses.</summary>
public sealed class RepositoryNameTests : OciTest
{
    private static readonly string[] Legal =
    [
        "a", "app", "team/app", "org/charts/app", "a/b/c/d/e/f", "a.b_c__d-e--f/g0", "blobs", "manifests", "tags/list",
        "a/blobs/b", "a/manifests/b", "a/tags/list", "a/referrers/b", "a/blobs/uploads", "blobs/uploads/uploads",
        "manifests/manifests",
    ];

    [TestCaseSource(nameof(Legal))]
    public async Task A_repository_may_have_any_parts(string name)
    {
        var repository = Of(name);
        var (manifest, digest) = await repository.PushArtifactAsync("latest");
        Assert.That(await Host.Client.GetByteArrayAsync($"{repository.Root}/manifests/latest"), Is.EqualTo(manifest));
        Assert.That(await Host.Client.GetByteArrayAsync($"{repository.Root}/manifests/{digest}"), Is.EqualTo(manifest));
        Assert.That(await repository.TagsAsync(), Is.EqualTo(new[] { "latest" }));
        using (var slash = await repository.SendAsync("GET", "tags/list/"))
            Assert.That(slash.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using (var referrers = await repository.SendAsync("GET", $"referrers/{digest}"))
            Assert.That(referrers.StatusCode, Is.EqualTo(HttpStatusCode.OK));

        var bytes = Encoding.UTF8.GetBytes(name);
        var location = await repository.BeginAsync();
        Assert.That(location, Does.StartWith($"/v2/{name}/blobs/uploads/"));
        using var stored = await repository.SendAsync(
            "PUT", $"{location}?digest={OciRepository.DigestOf(bytes)}", OciRepository.Bytes(bytes));
        Assert.That(stored.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(
            stored.Headers.Location!.OriginalString,
            Is.EqualTo($"/v2/{name}/blobs/{OciRepository.DigestOf(bytes)}"));
        Assert.That(await Host.Client.GetByteArrayAsync(stored.Headers.Location), Is.EqualTo(bytes));
    }

    private static IEnumerable<string> Illegal() =>
    [
        "App", "team/App", "a..b", "a___b", "_a", "a_", "-a", "a-", ".a", "a.", "a._b", "a//b", "a!b", "a b", "ä",
        "a%2Fb", "a%252Fb", "team/a%2Fb", new string('a', 81), $"{new string('a', 81)}/b",
        string.Join('/', Enumerable.Repeat(new string('a', 63), 5)),
    ];

    [TestCaseSource(nameof(Illegal))]
    public async Task A_name_outside_the_grammar_is_400(string name)
    {
        foreach (var (method, path) in ((string, string)[])
            [("GET", "manifests/1.0.0"), ("GET", "tags/list"), ("POST", "blobs/uploads/"),
                ("GET", $"blobs/{OciRepository.UnknownDigest}"), ("GET", $"referrers/{OciRepository.UnknownDigest}"),
                ("DELETE", "manifests/1.0.0")])
        {
            using var response = await Of(name).SendAsync(method, path);
            Assert.That(
                await OciRepository.ErrorOfAsync(response), Is.EqualTo((400, "NAME_INVALID")), $"{method} {path}");
        }
    }

    [TestCase("a", ExpectedResult = true)]
    [TestCase("a/b", ExpectedResult = true)]
    [TestCase("a/b/", ExpectedResult = false)]
    [TestCase("/a", ExpectedResult = false)]
    [TestCase("a\n", ExpectedResult = false)]
    [TestCase("a\0b", ExpectedResult = false)]
    [TestCase("", ExpectedResult = false)]
    [TestCase(null, ExpectedResult = false)]
    public bool A_name_is_parsed_as_a_whole(string? name) => RepositoryName.TryParse(name, out _);

    [TestCase("/v2/a/b/manifests/c", "/v2/a\0b/manifests/c")]
    [TestCase("/v2/a/b/c/blobs/uploads/", "/v2/a\0b\0c/blobs/uploads/")]
    [TestCase("/v2/a/blobs/b/blobs/c", "/v2/a\0blobs\0b/blobs/c")]
    [TestCase("/v2/a/manifests/tags/list", "/v2/a\0manifests/tags/list")]
    [TestCase("/v2/a/tags/list/manifests/b", "/v2/a\0tags\0list/manifests/b")]
    [TestCase("/v2/a/b/referrers/c", "/v2/a\0b/referrers/c")]
    [TestCase("/v2/a/manifests/b", null)]
    [TestCase("/v2/manifests/b", null)]
    [TestCase("/v2/a/b/c", null)]
    [TestCase("/v2/", null)]
    [TestCase("/v2", null)]
    [TestCase("/V2/a/b/manifests/c", null)]
    [TestCase("/api/v2/a/b/manifests/c", null)]
    [TestCase("", null)]
    public void The_last_word_of_the_API_ends_the_name(string path, string? joined) =>
        Assert.That(RepositoryPathsMiddleware.Join(path), Is.EqualTo(joined));

    [Test]
    public async Task A_name_never_contains_the_character_that_joins_its_parts()
    {
        using var response = await Of("a").SendAsync("GET", "/v2/a%00b/tags/list");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [TestCase("/v2/a/../b/tags/list")]
    [TestCase("/v2/a/./b/tags/list")]
    [TestCase("/v2/a/%2e%2e/b/tags/list")]
    [TestCase("/v2//a/tags/list")]
    [TestCase("/v2/a//tags/list")]
    public async Task A_path_that_leads_to_another_repository_is_400(string path)
    {
        var response = await RawHttp.SendForResponseAsync(
            Host.Address, $"GET {path} HTTP/1.1\r\nHost: {Host.Address.Authority}\r\n\r\n");
        Assert.That(response, Does.StartWith("HTTP/1.1 400").And.Contain("\"NAME_INVALID\""));
    }

    [Test]
    public async Task The_log_has_the_path_that_the_client_sent()
    {
        await Of("logged/path/of").SendAsync("GET", "tags/list");
        Assert.That(
            () => Host.Log.Entries.Select(static entry => entry.Message),
            Has.Some.Contains("GET /v2/logged/path/of/tags/list 404").After(60_000, 50));
    }
}
