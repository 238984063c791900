using NUnit.Framework;
using Registry.Core.Catalog;
using Registry.Core.Charts;
using Registry.Core.Storage;
using Registry.Core.Versions;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Catalog;

/// <summary>The search of the pages, and the totals of the home page.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class PackageSearchTests
{
    private static readonly PackageCatalogView View = PackageCatalogView.Empty.With(
    [
        Entry("ops/redis", "An in-memory store.", ["cache", "database"], day: 3, "1.0.0", "helm"),
        Entry("team/app", "Uses redis as its cache.", ["Web"], day: 5, "2.0.0", "helm", "kpm"),
        Entry("team/redis-exporter", "", [], day: 4, "1.0.0", "kpm"),
        Entry("team/sub/tool", "Straße of tools.", ["web"], day: 1, "1.0.0", "helm"),
        Entry("teams/other", "", [], day: 2),
    ]);

    [TestCase("", "ops/redis team/app team/redis-exporter team/sub/tool teams/other")]
    [TestCase("redis", "ops/redis team/redis-exporter team/app")]
    [TestCase("REDIS", "ops/redis team/redis-exporter team/app")]
    [TestCase("export", "team/redis-exporter")]
    [TestCase("cache redis", "ops/redis team/app")]
    [TestCase("  team   tools ", "team/sub/tool")]
    [TestCase("straße", "team/sub/tool")]
    [TestCase("team/app", "team/app")]
    [TestCase("<script>", "")]
    public void Words_are_found_in_names_descriptions_and_keywords_best_first(string text, string expected) =>
        Assert.That(Find(new PackageSearch(text)), Is.EqualTo(expected));

    [TestCase("nginx-ingress", "infra/ingress-nginx")]
    [TestCase("\"reverse proxy\"", "infra/ingress-nginx infra/proxy")]
    [TestCase("argocd", "infra/argo-cd infra/argo-cd-apps")]
    [TestCase("Argo CD", "infra/argo-cd infra/argo-cd-apps")]
    [TestCase("infra/argo-cd", "infra/argo-cd infra/argo-cd-apps")]
    [TestCase("my.certmanager", "")]
    [TestCase("certmanager", "infra/a-cert-manager")]
    [TestCase("!", "")]
    public void Separators_do_not_count(string text, string expected)
    {
        var view = PackageCatalogView.Empty.With(
        [
            Entry("infra/a-cert-manager", "Certificates.", [], day: 1),
            Entry("infra/argo-cd", "Delivery.", [], day: 1),
            Entry("infra/argo-cd-apps", "Apps.", [], day: 1),
            Entry("infra/ingress-nginx", "A controller.", ["reverse-proxy"], day: 1),
            Entry("infra/proxy", "Not in reverse: argo.", [], day: 1),
        ]);
        var found = new PackageSearch(text).Find(view, skip: 0, count: 100);
        Assert.That((Names(found.Entries), found.IsApproximate), Is.EqualTo((expected, false)));
    }

    [Test]
    public void Names_come_before_keywords_before_words_before_parts_of_words()
    {
        var view = PackageCatalogView.Empty.With(
        [
            Entry("s/blogs", "", [], day: 1),
            Entry("r/wordpress", "For blogging.", ["blogs"], day: 1),
            Entry("t/b", "It is logging.", [], day: 1),
            Entry("u/a", "Any log.", [], day: 1),
            Entry("v/loki", "Blogging.", ["Log"], day: 1),
            Entry("w/catalog", "", ["log"], day: 1),
            Entry("x/my-log", "", [], day: 1),
            Entry("y/log-router", "", [], day: 1),
            Entry("y/logger", "", [], day: 1),
            Entry("z/log", "", [], day: 1),
        ]);
        Assert.That(
            Names(new PackageSearch("log").Find(view, skip: 0, count: 100).Entries),
            Is.EqualTo("z/log y/log-router y/logger x/my-log s/blogs w/catalog v/loki u/a t/b r/wordpress"));
    }

    [TestCase("promethues", "a/prometheus-operator b/grafana")]
    [TestCase("ngnix", "infra/ingress-nginx")]
    [TestCase("certmangaer", "infra/cert-manager")]
    [TestCase("monitoring promethues", "a/prometheus-operator b/grafana")]
    [TestCase("opertaor promethues", "a/prometheus-operator")]
    [TestCase("grafama", "b/grafana")]
    [TestCase("grofanna", "b/grafana")]
    [TestCase("grofinna", "")]
    [TestCase("ngxni", "", Description = "two edits are too many for five letters")]
    [TestCase("czrt", "infra/cert-manager")]
    [TestCase("crt", "")]
    [TestCase("controler", "", Description = "words of descriptions have no similar words")]
    public void Typos_find_similar_names_and_keywords(string text, string expected)
    {
        var view = PackageCatalogView.Empty.With(
        [
            Entry("a/prometheus-operator", "Monitoring.", [], day: 1, "1.0.0", "helm"),
            Entry("b/grafana", "Monitoring.", ["Prometheus"], day: 1),
            Entry("infra/cert-manager", "", [], day: 1),
            Entry("infra/ingress-nginx", "A controller.", [], day: 1),
        ]);
        var found = new PackageSearch(text).Find(view, skip: 0, count: 100);
        Assert.That((Names(found.Entries), found.IsApproximate), Is.EqualTo((expected, expected.Length > 0)));
    }

    [Test]
    public void Similar_names_are_filtered_like_others()
    {
        var found = new PackageSearch("rediss", "team", "kpm").Find(View, skip: 0, count: 1);
        Assert.That((found.Count, Names(found.Entries)), Is.EqualTo((1, "team/redis-exporter")));
        Assert.That(new PackageSearch("rediss", "teams").Find(View, skip: 0, count: 1).IsApproximate, Is.False);
    }

    [Test]
    public void A_word_of_any_length_is_searched() =>
        Assert.That(Find(new PackageSearch(new string('r', 100_000))), Is.Empty);

    [TestCase("team", "team/app team/redis-exporter team/sub/tool")]
    [TestCase("team/sub", "team/sub/tool")]
    [TestCase("tea", "")]
    public void A_namespace_includes_those_below_it(string name, string expected) =>
        Assert.That(Find(new PackageSearch(Namespace: name)), Is.EqualTo(expected));

    [TestCase("kpm", "team/app team/redis-exporter")]
    [TestCase("none", "")]
    [TestCase("not valid/", "")]
    public void A_media_type_filters(string type, string expected) =>
        Assert.That(Find(new PackageSearch(MediaType: type)), Is.EqualTo(expected));

    [TestCase("web", "team/app team/sub/tool")]
    [TestCase("we", "")]
    public void A_keyword_filters_whole_words(string keyword, string expected) =>
        Assert.That(Find(new PackageSearch(Keyword: keyword)), Is.EqualTo(expected));

    [Test]
    public void Filters_combine() => Assert.That(
        Find(new PackageSearch("redis", "team", "helm", "WEB")), Is.EqualTo("team/app"));

    [Test]
    public void A_page_has_a_part_and_the_count_of_all()
    {
        var found = new PackageSearch().Find(View, skip: 3, count: 2);
        Assert.That(found.Count, Is.EqualTo(5));
        Assert.That(Names(found.Entries), Is.EqualTo("team/sub/tool teams/other"));
        Assert.That(new PackageSearch().Find(View, skip: 5, count: 2).Entries, Is.Empty);
    }

    [Test]
    public void The_overview_counts_and_knows_what_was_pushed_last()
    {
        var overview = View.Overview;
        Assert.That(overview.Releases, Is.EqualTo(4));
        Assert.That(View.Releases, Is.EqualTo(4));
        Assert.That(
            View.With(
                [
                    new CatalogChange(Samples.Package("team/app"), null),
                    Entry("ops/redis", "", [], day: 3),
                    Entry("new/one", "", [], day: 3, "1.0.0", "helm"),
                ]).Releases,
            Is.EqualTo(3));
        Assert.That(overview.NamespaceCount, Is.EqualTo(4));
        Assert.That(
            overview.Namespaces,
            Is.EqualTo(new CountedName[] { new("team", 3), new("ops", 1), new("team/sub", 1), new("teams", 1) }));
        foreach (var (name, count) in overview.Namespaces.Select(static space => (space.Name, space.Packages)))
            Assert.That(new PackageSearch(Namespace: name).Find(View, 0, 0).Count, Is.EqualTo(count), name);
        Assert.That(overview.MediaTypes, Is.EqualTo(new CountedName[] { new("helm", 3), new("kpm", 2) }));
        Assert.That(
            Names(overview.Recent), Is.EqualTo("team/app team/redis-exporter ops/redis teams/other team/sub/tool"));
    }

    [Test]
    public void Only_the_latest_pushes_are_recent()
    {
        var view = PackageCatalogView.Empty.With(
            Enumerable.Range(1, 40).Select(static day => Entry($"a/p{day:d2}", "", [], day, "1.0.0", "helm")));
        Assert.That(
            view.Overview.Recent.Select(static entry => entry.Name.Name),
            Is.EqualTo(Enumerable.Range(0, CatalogOverview.MaxRecent).Select(static i => $"p{40 - i:d2}")));
    }

    private static string Find(PackageSearch search) => Names(search.Find(View, skip: 0, count: 100).Entries);

    private static string Names(IEnumerable<CatalogEntry> entries) => string.Join(' ', entries.Select(e => e.Name));

    private static CatalogChange Entry(
        string name, string description, string[] keywords, int day, string release = "", params string[] types)
    {
        var package = Samples.Package(name);
        return new CatalogChange(package, new CatalogEntry(
            package,
            Samples.Start,
            release.Length == 0
                ? []
                : [new CatalogRelease(Release.Parse(release), [.. types.Select(Samples.Type)])],
            new Revision("1"),
            (UInt128)(uint)name.GetHashCode(StringComparison.Ordinal))
        {
            PushedAt = Samples.Start.AddDays(day),
            Chart = new ChartSummary(description, [.. keywords], IsDeprecated: false),
        });
    }
}
