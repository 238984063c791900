using NUnit.Framework;
using Registry.Api.Helm;

namespace Registry.Tests.Api.Helm;

public sealed class ChartPathsMiddlewareTests
{
    /// <summary>Stands for a slash within a namespace, and begins its segment.</summary>
    private const char Joint = '\0';

    [TestCase("/helm/index.yaml", "/helm/|/index.yaml")]
    [TestCase("/helm/team/index.yaml", "/helm/|team/index.yaml")]
    [TestCase("/helm/org/charts/index.yaml", "/helm/|org|charts/index.yaml")]
    [TestCase("/helm/-/stable/index.yaml", "/helm/|/-/stable/index.yaml")]
    [TestCase("/helm/org/charts/-/stable/index.yaml", "/helm/|org|charts/-/stable/index.yaml")]
    [TestCase("/helm/charts/a-1.0.0.tgz", "/helm/|/charts/a-1.0.0.tgz")]
    [TestCase("/helm/charts/charts/a-1.0.0.tgz", "/helm/|charts/charts/a-1.0.0.tgz")]
    [TestCase("/helm/org/charts/charts/charts", "/helm/|org|charts/charts/charts")]
    [TestCase("/helm/org/-/stable/charts/a-1.0.0.tgz", "/helm/|org/-/stable/charts/a-1.0.0.tgz")]
    [TestCase("/helm/api/charts", "/helm/api/|/charts")]
    [TestCase("/helm/api/org/team/charts", "/helm/api/|org|team/charts")]
    [TestCase("/helm/api/org/charts/charts", "/helm/api/|org|charts/charts")]
    [TestCase("/helm/api/org/charts/app", "/helm/api/|org/charts/app")]
    [TestCase("/helm/api/org/charts/app/1.0.0", "/helm/api/|org/charts/app/1.0.0")]
    [TestCase("/helm/api/org/charts/charts/app/1.0.0", "/helm/api/|org|charts/charts/app/1.0.0")]
    [TestCase("/helm/api/org/charts/charts/1.0.0", "/helm/api/|org/charts/charts/1.0.0")]
    [TestCase("/helm/api/charts/charts/1.0.0", "/helm/api/|/charts/charts/1.0.0")]
    [TestCase("/helm/api/org/charts/charts/app", "/helm/api/|org|charts/charts/app")]
    [TestCase("/helm/api/prov", "/helm/api/|/prov")]
    [TestCase("/helm/api/org/prov", "/helm/api/|org/prov")]
    [TestCase("/helm/api/org/charts/prov", "/helm/api/|org/charts/prov")]
    public void A_namespace_becomes_one_segment(string path, string joined) =>
        Assert.That(ChartPathsMiddleware.Join(path, "GET"), Is.EqualTo(joined.Replace('|', Joint)));

    [TestCase("/helm/api/prov", "/helm/api/|/prov")]
    [TestCase("/helm/api/charts/prov", "/helm/api/|charts/prov")]
    [TestCase("/helm/api/org/charts/prov", "/helm/api/|org|charts/prov")]
    [TestCase("/helm/api/org/charts", "/helm/api/|org/charts")]
    [TestCase("/helm/api/charts/charts", "/helm/api/|charts/charts")]
    public void A_POST_to_prov_is_for_the_namespace_before_it(string path, string joined) =>
        Assert.That(ChartPathsMiddleware.Join(path, "POST"), Is.EqualTo(joined.Replace('|', Joint)));

    [TestCase(null)]
    [TestCase("")]
    [TestCase("/helm")]
    [TestCase("/helm/")]
    [TestCase("/helm/team")]
    [TestCase("/helm/api")]
    [TestCase("/helm/api/")]
    [TestCase("/helm/api/team")]
    [TestCase("/helm/api/org/charts/a/b/c")]
    [TestCase("/helm//index.yaml")]
    [TestCase("/helm/a//index.yaml")]
    [TestCase("/helm/api//charts")]
    [TestCase("/Helm/team/index.yaml")]
    [TestCase("/helmet/index.yaml")]
    [TestCase("/v2/helm/index.yaml")]
    public void Other_paths_stay_as_they_are(
        string? path) => Assert.That(ChartPathsMiddleware.Join(path, "GET"), Is.Null);

    [TestCase("", "")]
    [TestCase("|", "")]
    [TestCase("|team", "team")]
    [TestCase("|org|charts", "org/charts")]
    public void The_segment_gives_the_namespace(string segment, string expected) =>
        Assert.That(ChartPathsMiddleware.Split(segment.Replace('|', Joint)), Is.EqualTo(expected));
}
