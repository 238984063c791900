using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Support.Cluster;

/// <summary>
/// Pushes, force-pushes and deletes a few packages on all replicas while they collect continuously, so that a blob is
/// pushed again just as it is collected. Readers verify that every release that is not being changed is
/// complete.
/// </summary>
internal sealed partial class CollectionSoak
{
    private const int Packages = 3;
    private const int ReleasesEach = 6;
    private const int Pushers = 4;
    private const int Readers = 2;

    /// <summary>
    /// Enough that each blob of a package stays unused for about the grace period between two pushes.
    /// </summary>
    private const int Contents = 40;

    private readonly RegistryCluster cluster;
    private readonly int seed;
    private readonly List<SoakedRelease> releases =
    [
        .. from package in Enumerable.Range(0, Packages)
           from number in Enumerable.Range(0, ReleasesEach)
           select new SoakedRelease($"soak/p{package}", $"1.0.{number}"),
    ];

    private (SeededPackage Package, string Tar, string Gzip, byte[] Bytes)[] contents = [];
    private int pushes;
    private int deletes;
    private int reads;
    private int unknown;

    public CollectionSoak(RegistryCluster cluster, int seed) => (this.cluster, this.seed) = (cluster, seed);

    /// <summary>Summarizes what was done.</summary>
    public override string ToString() =>
        $"{pushes} pushes, {deletes} deletes ({unknown} of them with unknown outcome), {reads} reads, {Collected} "
            + "blobs collected";

    /// <summary>The number of blobs that the replicas report as collected.</summary>
    public long Collected =>
        cluster.Log.Select(static line => CollectedLine().Match(line)).Where(static match => match.Success)
        .Sum(static match => long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));

    /// <summary>Pushes, deletes and reads for the given time.</summary>
    public async Task RunAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        contents =
            await Task.WhenAll(Enumerable.Range(0, Contents).Select(number => ContentAsync(number, cancellationToken)));
        using var end = new CancellationTokenSource(time);
        await Task.WhenAll(
            [
                .. Enumerable.Range(0, Pushers)
                    .Select(number => RepeatAsync(ChangeAsync, unchecked(seed + number), end.Token, cancellationToken)),
                .. Enumerable.Range(Pushers, Readers)
                    .Select(number => RepeatAsync(ReadAsync, unchecked(seed + number), end.Token, cancellationToken)),
            ]);
    }

    /// <summary>
    /// Lists the stored blobs that no manifest references, and the referenced blobs that are not stored.
    /// </summary>
    public async Task<IReadOnlyList<string>> DifferencesAsync(
        StorageInstance storage, CancellationToken cancellationToken)
    {
        var named = new HashSet<string>();
        foreach (var package in releases.Select(static release => release.Package).Distinct())
        {
            using var response = await cluster[0].Client.GetAsync($"/api/v1/packages/{package}", cancellationToken);
            if (response.StatusCode == HttpStatusCode.OK)
                foreach (var manifest in JsonDocument.Parse(
                    await response.Content.ReadAsStringAsync(cancellationToken)).RootElement.EnumerateArray())
                    named.Add($"{package} {contents.Single(content => content.Tar == DigestOf(manifest)).Gzip}");
            else
                Require(response.StatusCode == HttpStatusCode.NotFound, $"{package}: {response.StatusCode}");
        }

        var stored = new HashSet<string>();
        foreach (var blob in await storage.Blobs.InfosAsync(
            StoreKey.Of("packages", "soak"), ScopeDepth.Subtree, null, cancellationToken))
            stored.Add($"{string.Join('/', blob.Key.Scope.Segments().Skip(1))} {blob.Key.Digest.Value}");
        named.SymmetricExceptWith(stored);
        return [.. named.Select(
            blob =>
                stored.Contains(blob) ? $"stored but not referenced: {blob}" : $"referenced but not stored: {blob}")];
    }

    private static async Task<(SeededPackage Package, string Tar, string Gzip, byte[] Bytes)> ContentAsync(
        int number, CancellationToken cancellationToken)
    {
        // One content has several chunks in backends that split blobs.
        var package = new SeededPackage(number, number == 0 ? 1_200_000 : 200);
        var (tar, gzip, _) = await package.DigestsAsync(cancellationToken);
        return (package, tar, gzip, await package.ToArrayAsync(cancellationToken));
    }

    private async Task RepeatAsync(
        Func<Random, SoakedRelease, CancellationToken, Task> act,
        int seed,
        CancellationToken end,
        CancellationToken cancellationToken)
    {
        for (var random = new Random(seed); !end.IsCancellationRequested;)
        {
            var release = releases[random.Next(releases.Count)];
            await release.Gate.WaitAsync(cancellationToken);
            await act(random, release, cancellationToken);
            release.Gate.Release();
        }
    }

    private async Task ChangeAsync(Random random, SoakedRelease release, CancellationToken cancellationToken)
    {
        var content = random.Next(3) > 0 || !release.IsKnown ? random.Next(Contents) : (int?)null;
        var client = cluster.Pick(random).Process.Client;
        var force = release.Content is not null || !release.IsKnown;
        using var response = content is { } number
            ? await client.PostAsync(
                $"/api/v1/packages/{release.Package}",
                new PushContent(contents[number].Package, release.Release) { Force = force },
                cancellationToken)
            : await client.DeleteAsync(release.Path, cancellationToken);
        Interlocked.Increment(ref content is null ? ref deletes : ref pushes);
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                (release.IsKnown, release.Content) = (true, content);
                break;
            case HttpStatusCode.ServiceUnavailable:
                Interlocked.Increment(ref unknown);
                release.IsKnown = false;
                break;
            default:
                var text = await response.Content.ReadAsStringAsync(cancellationToken);
                Require(
                    (response.StatusCode == HttpStatusCode.NotFound && content is null && release.Content is null)
                        || (response.StatusCode == HttpStatusCode.Conflict
                            && text.Contains("resource-in-use", StringComparison.Ordinal)),
                    $"{release} was {release.Content}, and changing it to {content} returned "
                        + $"{response.StatusCode}: {text}");
                break;
        }
    }

    private async Task ReadAsync(Random random, SoakedRelease release, CancellationToken cancellationToken)
    {
        if (!release.IsKnown)
            return;
        Interlocked.Increment(ref reads);
        using var shown = await cluster.Pick(random).Process.Client.GetAsync($"{release.Path}", cancellationToken);
        if (release.Content is not { } number)
        {
            Require(
                shown.StatusCode == HttpStatusCode.NotFound,
                $"{release} is deleted, but showing it returned {shown.StatusCode}");
            return;
        }

        Require(shown.StatusCode == HttpStatusCode.OK, $"{release} exists, but showing it returned {shown.StatusCode}");
        var digest = DigestOf(JsonDocument.Parse(await shown.Content.ReadAsStringAsync(cancellationToken)).RootElement);
        Require(digest == contents[number].Tar, $"{release} shows another content than the one pushed");
        foreach (var path in (string[])[
            $"{release.Path}/pull", $"/api/v1/packages/{release.Package}/blobs/sha256/{digest}"
        ])
        {
            using var pulled = await cluster.Pick(random).Process.Client.GetAsync(path, cancellationToken);
            Require(pulled.StatusCode == HttpStatusCode.OK, $"{path} returned {pulled.StatusCode}");
            Require(
                (await pulled.Content.ReadAsByteArrayAsync(cancellationToken)).AsSpan()
                    .SequenceEqual(contents[number].Bytes),
                $"{path} returns other bytes than those pushed");
        }
    }

    private static string DigestOf(
        JsonElement manifest) => manifest.GetProperty("content").GetProperty("digest").GetString()!;

    private static void Require(bool condition, string message)
    {
        if (!condition)
            throw new InvalidOperationException(message);
    }

    [GeneratedRegex("Collected ([0-9]+) blobs")]
    private static partial Regex CollectedLine();

    /// <summary>A release that one client at a time changes or reads.</summary>
    private sealed record SoakedRelease(string Package, string Release)
    {
        public SemaphoreSlim Gate { get; } = new(1);

        /// <summary>False after a change with unknown outcome.</summary>
        public bool IsKnown { get; set; } = true;

        /// <summary>The number of its content; null when the release does not exist.</summary>
        public int? Content { get; set; }

        public string Path => $"/api/v1/packages/{Package}/{Release}/helm";

        public override string ToString() => $"{Package} {Release}";
    }
}
