using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Http;

/// <summary>The security headers of HTML pages.</summary>
public sealed class PageHeaderTests
{
    [Test]
    public async Task Every_page_has_a_strict_content_security_policy()
    {
        await using var host = await RegistryHost.StartAsync();
        foreach (var path in (string[])
            ["/", "/cnr", "/cnr/", "/packages", "/archives", "/swagger/index.html", "/swagger/oauth2-redirect.html"])
        {
            using var response = await host.Client.GetAsync(path);
            Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/html"), path);
            var policy = response.Headers.GetValues("Content-Security-Policy").Single();
            Assert.That(
                policy,
                Does.StartWith("default-src 'none';").And
                    .Contain("frame-ancestors 'none'").And.Not
                    .Contain("unsafe-eval"),
                path);
            Assert.That(policy, Does.Match("form-action '(none|self)'"), path);
            Assert.That(policy, Does.Not.Match("script-src[^;]*unsafe-inline"), path);
            Assert.That(response.Headers.GetValues("X-Content-Type-Options"), Is.EqualTo(new[] { "nosniff" }), path);
            Assert.That(response.Headers.GetValues("Referrer-Policy"), Is.EqualTo(new[] { "same-origin" }), path);
        }
    }
}
