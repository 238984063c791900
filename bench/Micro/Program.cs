using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Registry.Bench.Micro;

// Runs in this process: separate processes would be built from this repository, with its settings and lock files.
var config = DefaultConfig.Instance
    .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
    .AddDiagnoser(MemoryDiagnoser.Default)
    .HideColumns(Column.Error, Column.RatioSD)
    .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "registry-bench-micro"));
BenchmarkSwitcher.FromAssembly(typeof(IndexBenchmarks).Assembly).Run(args, config);
