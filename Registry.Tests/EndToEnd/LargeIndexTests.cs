using System.Net;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using Registry.Core.Packages;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>The service runs in a small heap, whatever the unpacked size of its indexes.</summary>
public sealed class LargeIndexTests : EndToEndTest
{
    /// <summary>A hexadecimal number of bytes: 160 MiB.</summary>
    private const string HeapLimit = "A000000";

    private const int Bombs = 12;

    [Test]
    public async Task Indexes_that_unpack_to_gigabytes_fit_into_a_small_heap()
    {
        // 15.6 MiB each, which is within the limit, and 248 MiB, which is not.
        for (var i = 0; i < Bombs; i++)
            Store($"bomb{i}", 250);
        Store("huge", 4000);
        var registry = await StartAsync(("DOTNET_GCHeapHardLimit", HeapLimit));
        using (var pushed = await PushAsync(registry, "bombs/good", "1.0.0", new SeededPackage(1, 1000)))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var names = (await GetJsonAsync(registry, "/api/v1/packages")).EnumerateArray()
            .Select(static package => package.GetProperty("name").GetString());
        Assert.That(
            names,
            Is.EquivalentTo(Enumerable.Range(0, Bombs).Select(static i => $"bombs/bomb{i}").Append("bombs/good")));

        using (var huge = await registry.Client.GetAsync("/api/v1/packages/bombs/huge", CancellationToken))
            await AssertErrorAsync(huge, HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.That(registry.Log, Has.Some.Contains("bombs/huge").And.Some.Contains("LIMITS__INDEXBYTES"));

        var lengths = await RaceAsync(
            4 * Bombs,
            i => i % 4 == 0 ? PushToRefusalAsync(registry, $"bomb{i / 4}") : ReadAsync(registry, $"bomb{i / 4}"));
        Assert.That(lengths, Has.All.GreaterThan(250 * 65_000));
        Assert.That(await registry.StopAsync(), Is.Zero);
    }

    [Test]
    public async Task An_oversized_index_can_be_trimmed_with_a_higher_limit()
    {
        Store("huge", 4000);
        var registry = await StartAsync(("DOTNET_GCHeapHardLimit", HeapLimit), ("LIMITS__INDEXBYTES", "300000000"));
        using var deleted =
            await registry.Client.DeleteAsync("/api/v1/packages/bombs/huge/1.0.7/helm", CancellationToken);
        Assert.That(
            deleted.StatusCode,
            Is.EqualTo(HttpStatusCode.OK),
            await deleted.Content.ReadAsStringAsync(CancellationToken));
        Assert.That(
            (await GetJsonAsync(registry, "/api/v1/packages/bombs/huge/1.0.8/helm")).GetProperty("metadata")
                .GetString(),
            Has.Length.EqualTo(65_000));
    }

    private void Store(string name, int releases)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Data, "documents", "packages", "bombs"));
        var index = LargeIndexes.Bomb(Samples.Package($"bombs/{name}"), releases);
        using var file = File.Create(Path.Combine(folder.FullName, $"{name}@.json"));
        file.Write(StoredIndex.Write(index, long.MaxValue).Content);
    }

    /// <summary>Pushes until the limit is exceeded; returns the bytes in the details of the error.</summary>
    private async Task<long> PushToRefusalAsync(RegistryProcess registry, string name)
    {
        for (var i = 0; ; i++)
        {
            var body = JsonSerializer.Serialize(
                new
                {
                    blob = Convert.ToBase64String(
                    Samples.TarGz("content")),
                    release = $"2.0.{i}",
                    metadata = new string('x', 65_000)
                });
            using var pushed = await registry.Client.PostAsync(
                $"/api/v1/packages/bombs/{name}",
                new StringContent(body, Encoding.UTF8, "application/json"),
                CancellationToken);
            if (pushed.StatusCode == HttpStatusCode.OK)
                continue;
            var refusal = await AssertErrorAsync(pushed, HttpStatusCode.UnprocessableEntity, "invalid-parameters");
            return JsonDocument.Parse(refusal).RootElement.GetProperty("details").GetProperty("bytes").GetInt64();
        }
    }

    /// <summary>Reads all releases; returns the number of bytes.</summary>
    private async Task<long> ReadAsync(RegistryProcess registry, string name)
    {
        using var response = await registry.Client.GetAsync(
            $"/api/v1/packages/bombs/{name}", HttpCompletionOption.ResponseHeadersRead, CancellationToken);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await using var body = await response.Content.ReadAsStreamAsync(CancellationToken);
        var buffer = new byte[64 * 1024];
        var total = 0L;
        while (await body.ReadAsync(buffer, CancellationToken) is > 0 and var read)
            total += read;
        return total;
    }
}
