using System.Net;
using System.Text.Json;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>
/// Pushes and pulls do not hold packages in memory: measured by the peak memory of the process.
/// </summary>
public sealed class MemoryTests : EndToEndTest
{
    private const long Allowed = 64 << 20;

    private const string Package = "/api/v1/packages/memory/large";

    [Test]
    public async Task A_package_of_192_MiB_passes_through_64_MiB()
    {
        var registry = await StartAsync();
        for (var warmup = 0; warmup < 3; warmup++)
            await PushAndPullAsync(registry, new SeededPackage(warmup, 8 << 20), $"0.0.{warmup}");
        var before = registry.PeakMemory;

        await PushAndPullAsync(registry, new SeededPackage(100, 192L << 20), "1.0.0");

        AssertSmallGrowth(registry, before);
    }

    [Test]
    public async Task An_archive_of_90_MiB_passes_through_64_MiB()
    {
        var registry = await StartAsync();
        for (var warmup = 0; warmup < 3; warmup++)
            await ArchiveAsync(registry, warmup, 8 << 20);
        var before = registry.PeakMemory;

        await ArchiveAsync(registry, 100, 90 << 20);

        AssertSmallGrowth(registry, before);
    }

    private async Task PushAndPullAsync(RegistryProcess registry, SeededPackage content, string release)
    {
        using (var pushed =
            await registry.Client.PostAsync(Package, new PushContent(content, release), CancellationToken))
            Assert.That(
                pushed.StatusCode,
                Is.EqualTo(HttpStatusCode.OK),
                await pushed.Content.ReadAsStringAsync(CancellationToken));

        var (tar, gzip, length) = await content.DigestsAsync(CancellationToken);
        var shown = (await GetJsonAsync(registry, $"{Package}/{release}/helm")).GetProperty("content");
        Assert.That(shown.GetProperty("digest").GetString(), Is.EqualTo(tar));
        Assert.That(shown.GetProperty("size").GetInt64(), Is.EqualTo(length));

        Assert.That(
            await HashAsync(
                registry,
                $"{Package}/{release}/helm/pull",
                static (from, to, cancellationToken) => from.CopyToAsync(to, cancellationToken)),
            Is.EqualTo(gzip));
        Assert.That(
            await HashAsync(
                registry,
                $"{Package}/blobs/sha256/{tar}",
                static (from, to, cancellationToken) => from.CopyToAsync(to, cancellationToken)),
            Is.EqualTo(gzip));
        Assert.That(
            await HashAsync(registry, $"{Package}/{release}/helm/pull/json", BlobMember.DecodeAsync), Is.EqualTo(gzip));
    }

    private async Task ArchiveAsync(RegistryProcess registry, int seed, long bytes)
    {
        await using var expected = new HashingStream();
        await new NoiseStream(seed, bytes).CopyToAsync(expected, CancellationToken);
        using var content = new StreamContent(new NoiseStream(seed, bytes));
        using var uploaded = await registry.Client.PostAsync(
            "/api/v1/app?workspace=http://example.org/memory", content, CancellationToken);
        var text = await uploaded.Content.ReadAsStringAsync(CancellationToken);
        Assert.That(uploaded.StatusCode, Is.EqualTo(HttpStatusCode.OK), text);
        Assert.That(
            JsonDocument.Parse(text).RootElement.GetProperty("app_archive_id").GetString(), Is.EqualTo(expected.Hex()));

        var path = $"/api/v1/app/{expected.Hex()}?workspace=http://example.org/memory";
        Assert.That(
            await HashAsync(
                registry, path, static (from, to, cancellationToken) => from.CopyToAsync(to, cancellationToken)),
            Is.EqualTo(expected.Hex()));
    }

    private async Task<string> HashAsync(
        RegistryProcess registry, string path, Func<Stream, Stream, CancellationToken, Task> read)
    {
        using var response =
            await registry.Client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, CancellationToken);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await using var body = await response.Content.ReadAsStreamAsync(CancellationToken);
        await using var hash = new HashingStream();
        await read(body, hash, CancellationToken);
        return hash.Hex();
    }

    private static void AssertSmallGrowth(RegistryProcess registry, long before)
    {
        var rise = registry.PeakMemory - before;
        TestContext.Out.WriteLine($"Peak memory rose from {before >> 20} MiB by {rise >> 20} MiB.");
        Assert.That(rise, Is.LessThanOrEqualTo(Allowed));
    }
}
