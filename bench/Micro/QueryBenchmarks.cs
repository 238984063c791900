using BenchmarkDotNet.Attributes;
using Registry.Core.Packages;

namespace Registry.Bench.Micro;

/// <summary>From what a client asks for to the manifest that answers it.</summary>
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
    public object Highest() => index.Find("default", "-");

    [Benchmark]
    public object Exact() => index.Find("0.0.0", "kpm");

    /// <summary>The lowest of all: what a scan from above comes to last.</summary>
    [Benchmark]
    public object Range() => index.Find("<0.0.1", "-");

    [Benchmark]
    public object ByDigest() => index.GetContent(digest);
}
