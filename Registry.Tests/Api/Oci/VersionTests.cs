using System.Net;
using NUnit.Framework;

namespace Registry.Tests.Api.Oci;

public sealed class VersionTests : OciTest
{
    [TestCase("/v2/")]
    [TestCase("/v2")]
    public async Task The_root_reports_the_API_version(string path)
    {
        using var response = await Host.Client.GetAsync(path);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(OciRepository.HeaderOf(response, "Docker-Distribution-Api-Version"), Is.EqualTo("registry/2.0"));
        Assert.That((await response.Content.ReadAsStringAsync()).Trim(), Is.EqualTo("{}"));
    }

    [TestCase("GET", "/v2/unknown", 404, "NAME_UNKNOWN")]
    [TestCase("GET", "/v2/a/b/c", 404, "NAME_UNKNOWN")]
    [TestCase("GET", "/v2/a/b/Manifests/c", 404, "NAME_UNKNOWN")]
    [TestCase("GET", "/v2/app/Manifests/c", 404, "NAME_UNKNOWN")]
    [TestCase("GET", "/v2/app/manifests/", 404, "NAME_UNKNOWN")]
    [TestCase("GET", "/v2/a/b/manifests/", 404, "NAME_UNKNOWN")]
    [TestCase("GET", "/v2/a/b/manifests/c/d", 404, "NAME_UNKNOWN")]
    [TestCase("POST", "/v2/a/b/manifests/c", 405, "UNSUPPORTED")]
    [TestCase("POST", "/v2/", 405, "UNSUPPORTED")]
    [TestCase("DELETE", "/v2/a/b/tags/list", 405, "UNSUPPORTED")]
    public async Task An_unknown_address_is_an_error_in_OCIs_form(string method, string path, int status, string code)
    {
        using var response = await Of("a").SendAsync(method, path);
        Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((status, code)));
    }

    [Test]
    public async Task An_error_of_a_HEAD_request_has_no_body()
    {
        using var response = await New().SendAsync("HEAD", "manifests/none");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.Empty);
    }

    [Test]
    public async Task No_response_is_compressed()
    {
        var repository = New();
        for (var i = 0; i < 20; i++)
            await repository.PushArtifactAsync($"{new string('a', 100)}-{i}");
        foreach (var path in (string[])["tags/list", "/v2/_catalog", "/v2/"])
        {
            using var response = await repository.SendAsync("GET", path, null, ("Accept-Encoding", "gzip, br"));
            Assert.That(response.Content.Headers.ContentEncoding, Is.Empty, path);
            Assert.That(response.Content.Headers.ContentLength, Is.Not.Null, path);
        }
    }
}
