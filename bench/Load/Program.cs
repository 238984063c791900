using System.Runtime.InteropServices;
using Registry.Bench.Load;
using Registry.Bench.Load.Cases;
using Registry.Bench.Load.Measuring;
using Registry.Bench.Load.Processes;

(string Name, string About, Func<Run, CancellationToken, Task> Run)[] cnr =
[
    ("reads", "show, pull and blob of 5 KB, pull of 1 MB, 304", Reads.RunAsync),
    ("lists", "lists of 10 and 1,000 packages, plain and compressed; search", Lists.RunAsync),
    ("releases", "packages of 1,000 and 5,000 releases", Releases.RunAsync),
    ("pushes", "durable pushes by 32 clients, to distinct packages and to one package", Pushes.RunAsync),
    ("content", "a package of 100 MB as base64", LargeContent.RunAsync),
    ("memory", "packages of 1 GiB, and of 64 MiB by 32 clients", Memory.RunAsync),
    ("start", "the first response after a start", Starts.RunAsync),
    ("metrics", "show and pull with and without metrics", Metrics.RunAsync),
    ("backends", "show and pull on Redis and etcd", Backends.RunAsync),
    (
        "scale-filesystem",
        "10,000 and 100,000 packages during pushes",
        (run, cancellationToken) => Scale.RunAsync(run, "filesystem", cancellationToken)),
    ("scale-redis", "the same on Redis", (run, cancellationToken) => Scale.RunAsync(run, "redis", cancellationToken)),
    ("scale-etcd", "the same on etcd", (run, cancellationToken) => Scale.RunAsync(run, "etcd", cancellationToken)),
    ("mixed", "memory under a mixed load", Mixed.RunAsync),
];
(string Name, string About, Func<Run, CancellationToken, Task> Run)[] ociAndHelm =
[
    ("manifests", "OCI manifests by tag and by digest", Manifests.RunAsync),
    ("blobs", "OCI blobs of 5 KB and 1 MB by digest", Blobs.RunAsync),
    ("uploads", "OCI uploads of 100 MB, with PUT and with PATCH", Uploads.RunAsync),
    ("tags", "the list of 5,000 tags", Tags.RunAsync),
    ("helm", "index.yaml of 5,000 and of 50,000 versions", HelmIndexes.RunAsync),
    ("charts", "durable pushes of charts, through CNR and with helm", Charts.RunAsync),
    ("versions", "CNR requests, compared with an earlier version: needs --against", Versions.RunAsync),
];

// The tables of each block come from one run.
(Block Block, (string Name, string About, Func<Run, CancellationToken, Task> Run)[] Groups)[] blocks =
    [(Block.Cnr, cnr), (Block.OciAndHelm, ociAndHelm)];
string[] known = [.. blocks.SelectMany(static block => block.Groups).Select(static group => group.Name)];

using var stop = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
string? folder = null;
try
{
    var root = FindRoot();
    if (Options.Read(
        args,
        known,
        Path.Combine(root, "Documentation", "performance.md")) is not { } options)
    {
        Console.WriteLine(Options.Help);
        foreach (var group in blocks.SelectMany(static block => block.Groups))
            Console.WriteLine($"  {group.Name,-18} {group.About}");
        return 0;
    }

    folder = Directory.CreateDirectory(Path.Combine(options.Scratch, $"registry-bench-{Guid.NewGuid():N}")).FullName;
    var about = Machine.Describe(options);
    Console.WriteLine(about);
    var servers = new Servers(root, folder);
    foreach (var (block, groups) in blocks)
    {
        var run = new Run(options, servers, new Report());
        var wanted = groups.Where(group => options.Groups.Contains(group.Name)).ToList();
        foreach (var group in wanted)
        {
            Console.WriteLine($"-- {TimeProvider.System.GetUtcNow():HH:mm:ss} {group.Name}: {group.About}");
            await group.Run(run, stop.Token);
        }

        if (wanted.Count == 0)
            continue;
        Console.WriteLine($"-- {TimeProvider.System.GetUtcNow():HH:mm:ss}\n\n{run.Report.ToMarkdown(about)}");
        if (options.Output is { } output && (options.WritesPartly || wanted.Count == groups.Length))
            await Document.ReplaceAsync(output, block, run.Report.ToMarkdown(about), stop.Token);
    }

    return 0;
}
catch (FormatException invalid)
{
    await Console.Error.WriteLineAsync($"{invalid.Message} See --help.");
    return 2;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("Stopped; no results were written.");
    return 130;
}
finally
{
    if (folder is not null)
        Directory.Delete(folder, recursive: true);
}

// Cancel instead of exiting, so that the current case stops its servers.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

static string FindRoot()
{
    var folder = new DirectoryInfo(AppContext.BaseDirectory);
    while (!File.Exists(Path.Combine(folder.FullName, "Registry.sln")))
        folder = folder.Parent ?? throw new InvalidOperationException("Run the benchmark from within the sources.");
    return folder.FullName;
}
