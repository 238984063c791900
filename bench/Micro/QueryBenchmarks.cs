using BenchmarkDotNet.Attributes;
using Registry.Core.Packages;

namespace Registry.Bench.Micro;

/// <summary>Resolves release queries to manifests.</summary>
public class QueryBenchmarks
{
    private PackageIndex index = null!;
    private string digest = "";

    [Params(1, 5_000)]
    public int Releases { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        index = Indexes.Of(Releases);
        digest = Indexes.ManifestOf(0).Content.TarDigest!.Value.Value;
    }

    [Benchmark]
    public object Highest() => index.Find("default", "kpm");

    [Benchmark]
    public object Exact() => index.Find("0.0.0", "kpm");

    /// <summary>Matches only the lowest release, which a scan from the highest reaches last.</summary>
    [Benchmark]
    public object Range() => index.Find("<0.0.1", "kpm");

    [Benchmark]
    public object ByDigest() => index.GetContent(digest);
}
