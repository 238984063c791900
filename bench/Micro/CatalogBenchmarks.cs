using System.Collections.Immutable;
using System.Globalization;
using BenchmarkDotNet.Attributes;
using Registry.Core.Catalog;
using Registry.Core.Content;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Bench.Micro;

/// <summary>Searches of the catalog, and updates after a push.</summary>
public class CatalogBenchmarks
{
    private readonly ImmutableArray<CatalogRelease> releases = [new(Release.Parse("1.0.0"), [MediaType.Kpm])];
    private PackageCatalogView view = PackageCatalogView.Empty;
    private CatalogChange pushed;

    [Params(1_000, 100_000)]
    public int Packages { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        view = PackageCatalogView.Empty.With(Enumerable.Range(0, Packages).Select(ChangeOf));
        pushed = ChangeOf(Packages / 3) with { Entry = EntryOf(Packages / 3, revision: "2") };
    }

    /// <summary>Scans all names without a match.</summary>
    [Benchmark]
    public int SearchWithoutMatch() => view.Containing("elasticsearch", from: "").Count();

    /// <summary>Finds a hundred adjacent names.</summary>
    [Benchmark]
    public int SearchANamespace() => view.Containing("team0003/", from: "").Count();

    [Benchmark]
    public int ListANamespace() =>
        view.From("team0003/")
            .TakeWhile(static entry => entry.Name.Value.StartsWith("team0003/", StringComparison.Ordinal))
            .Count();

    [Benchmark]
    public object ApplyPush() => view.With([pushed]);

    /// <summary>Applies a push and searches.</summary>
    [Benchmark]
    public int ApplyPushAndSearch() => view.With([pushed]).Containing("elasticsearch", from: "").Count();

    private CatalogChange ChangeOf(int number)
    {
        var entry = EntryOf(number, revision: "1");
        return new CatalogChange(entry.Name, entry);
    }

    private CatalogEntry EntryOf(int number, string revision) =>
        PackageName.TryCreate($"team{number / 100:d4}", $"service-{number % 100:d2}", out var name)
            ? new CatalogEntry(
                name,
                DateTimeOffset.UnixEpoch,
                releases,
                new Revision(revision),
                UInt128.Parse($"{number}{revision}", CultureInfo.InvariantCulture))
            {
                PushedAt = DateTimeOffset.UnixEpoch,
            }
            : throw new InvalidOperationException();
}
