using BenchmarkDotNet.Attributes;
using Registry.Core.Packages;

namespace Registry.Bench.Micro;

/// <summary>Reads, writes and extends the index of a package.</summary>
public class IndexBenchmarks
{
    private PackageIndex index = null!;
    private byte[] stored = [];
    private Manifest next = null!;

    [Params(1, 500, 5_000)]
    public int Releases { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        index = Indexes.Of(Releases);
        stored = StoredIndex.Write(index);
        next = Indexes.ManifestOf(Releases);
    }

    [Benchmark]
    public object Read() => StoredIndex.Read(Indexes.Name, stored);

    [Benchmark]
    public int Write() => StoredIndex.Write(index).Length;

    [Benchmark]
    public object AddRelease() => PackageIndex.With(index, Indexes.Name, next, force: false);
}
