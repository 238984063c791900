using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using Registry.Api.Ui;
using Registry.Core.Charts;

namespace Registry.Tests.Unit.Ui;

/// <summary>Addresses on pages.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class PageLinksTests
{
    [TestCase("/", "./")]
    [TestCase("", "./")]
    [TestCase("/packages", "./")]
    [TestCase("/packages/", "../")]
    [TestCase("/packages/team/app", "../../")]
    [TestCase("/packages/a/b/c@1.0.0", "../../../")]
    [TestCase("/cnr/", "../")]
    public void The_root_is_relative(string path, string expected) =>
        Assert.That(PageLinks.RootFrom(path), Is.EqualTo(expected));

    [Test]
    public void The_root_of_a_deep_path_is_absolute()
    {
        var context = new DefaultHttpContext();
        context.Request.PathBase = "/tools";
        context.Request.Path = string.Concat(Enumerable.Repeat("/a", 64));
        Assert.That(PageLinks.RootFrom(context.Request), Does.StartWith("../"));
        context.Request.Path += "/a";
        Assert.That(PageLinks.RootFrom(context.Request), Is.EqualTo("/tools/"));
    }

    [TestCase("https://example.org/a b", "https://example.org/a%20b")]
    [TestCase("HTTP://example.org", "http://example.org/")]
    [TestCase("javascript:alert(1)", null)]
    [TestCase(" javascript:alert(1)", null)]
    [TestCase("data:text/html,x", null)]
    [TestCase("ftp://example.org/", null)]
    [TestCase("//example.org/", null)]
    [TestCase("/packages", null)]
    [TestCase("file:///etc/passwd", null)]
    [TestCase("", null)]
    [TestCase(null, null)]
    public void Only_addresses_of_the_web_are_links(string? text, string? expected) =>
        Assert.That(SafeLink.Of(text), Is.EqualTo(expected));

    [TestCase("oci://r.example:5000/team", "team/common")]
    [TestCase("http://r.example:5000/p/helm/team/", "team/common")]
    [TestCase("http://r.example:5000/p/helm/a/b", "a/b/common")]
    [TestCase("http://r.example:5000/p/helm", "common")]
    [TestCase("http://r.example:5000/p/helmet/team", null)]
    [TestCase("https://charts.example.org/team", null)]
    [TestCase("file://../common", null)]
    [TestCase("", null)]
    public void A_dependency_in_this_registry_is_a_package(string repository, string? expected) => Assert.That(
        new ServerAddress("http", "r.example:5000", "/p")
            .Find(new RequiredChart("common", "1.x", repository, "", ""))?.Value,
        Is.EqualTo(expected));
}
