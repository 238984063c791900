using NUnit.Framework;
using Registry.Core.Charts;
using Registry.Core.Versions;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Charts;

public sealed class ChartManifestTests
{
    private static IReadOnlyDictionary<string, string> Annotations(params string[] lines) => ChartManifest.Annotations(
        ChartFiles.Metadata(ChartFiles.With(lines)).Json,
        "app",
        Release.Parse("1.2.0+b1"),
        Samples.Start.AddMilliseconds(999));

    [Test]
    public void The_annotations_are_those_of_helm_push() => Assert.That(
        Annotations(
            "description: d",
            "home: h",
            "sources: [s, t]",
            "maintainers: [{name: Ann, email: a@x, url: u}, {name: Bob}, {email: c@x}]"),
        Is.EqualTo(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["org.opencontainers.image.authors"] = "Ann (a@x), Bob,  (c@x)",
            ["org.opencontainers.image.created"] = "2026-01-02T03:04:05Z",
            ["org.opencontainers.image.description"] = "d",
            ["org.opencontainers.image.source"] = "s",
            ["org.opencontainers.image.title"] = "app",
            ["org.opencontainers.image.url"] = "h",
            ["org.opencontainers.image.version"] = "1.2.0+b1",
        }));

    [Test]
    public void The_annotations_of_the_chart_replace_all_but_title_and_version()
    {
        var annotations = Annotations(
            "description: d",
            "annotations:",
            "  org.opencontainers.image.title: t",
            "  org.opencontainers.image.version: v",
            "  org.opencontainers.image.created: c",
            "  org.opencontainers.image.description: ''",
            "  a: b");
        Assert.That(annotations, Is.EqualTo(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["a"] = "b",
            ["org.opencontainers.image.created"] = "c",
            ["org.opencontainers.image.description"] = "",
            ["org.opencontainers.image.title"] = "app",
            ["org.opencontainers.image.version"] = "1.2.0+b1",
        }));
        Assert.That(annotations.Keys, Is.Ordered);
    }

    [Test]
    public void Empty_fields_give_no_annotations() => Assert.That(
        Annotations("description: ' '", "sources: ['']").Keys,
        Is.EqualTo((string[])
        [
            "org.opencontainers.image.created",
            "org.opencontainers.image.title",
            "org.opencontainers.image.version",
        ]));
}
