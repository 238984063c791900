using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using NUnit.Framework;

namespace Registry.Tests.Support;

/// <summary>
/// Records pushes and their outcome: each acknowledged release must exist, and each existing release must have the
/// content that was sent, even if the push was not acknowledged.
/// </summary>
/// <param name="namespace">The namespace of the packages, used by this ledger only.</param>
internal sealed class PushLedger(string @namespace)
{
    private readonly ConcurrentDictionary<(string Package, string Release), SeededPackage> started = new();
    private readonly ConcurrentDictionary<(string Package, string Release), SeededPackage> acknowledged = new();
    private int refused;
    private int seeds;

    /// <summary>The number of pushes with status 200.</summary>
    public int Acknowledged => acknowledged.Count;

    /// <summary>The number of pushes with status 503 or 507.</summary>
    public int Refused => refused;

    /// <summary>
    /// Pushes a new release. Asserts that the status is 200, or 503 or 507 with their headers and error codes.
    /// </summary>
    /// <param name="client">The registry.</param>
    /// <param name="name">The package name, within the namespace.</param>
    /// <param name="release">The release.</param>
    /// <param name="bytes">The size of the package in bytes.</param>
    /// <param name="cancellationToken">Cancels the push.</param>
    public Task<HttpStatusCode> PushAsync(
        HttpClient client, string name, string release, long bytes, CancellationToken cancellationToken)
    {
        var key = ($"{@namespace}/{name}", release);
        var content = new SeededPackage(Interlocked.Increment(ref seeds), bytes);
        Assert.That(started.TryAdd(key, content), Is.True, $"{key} was pushed before.");
        return PushAsync(client, key, content, cancellationToken);
    }

    /// <summary>Repeats a refused push. Detects a push that conflicts with itself.</summary>
    public Task<HttpStatusCode> PushAgainAsync(
        HttpClient client, string name, string release, CancellationToken cancellationToken)
    {
        var key = ($"{@namespace}/{name}", release);
        return PushAsync(client, key, started[key], cancellationToken);
    }

    /// <summary>Drops a release that is about to be deleted.</summary>
    public void Remove(string name, string release)
    {
        started.TryRemove(($"{@namespace}/{name}", release), out _);
        acknowledged.TryRemove(($"{@namespace}/{name}", release), out _);
    }

    /// <summary>Lists, shows and pulls everything.</summary>
    /// <returns>The digests of the stored bytes of all existing releases.</returns>
    public async Task<HashSet<string>> VerifyAsync(HttpClient client, CancellationToken cancellationToken)
    {
        var listed = new HashSet<(string, string)>();
        var digests = new HashSet<string>();
        foreach (var package in (await GetAsync(
            client, $"/api/v1/packages?namespace={@namespace}", cancellationToken)).AsArray())
        {
            var name = (string)package!["name"]!;
            var releases = new List<string>();
            foreach (var manifest in (await GetAsync(client, $"/api/v1/packages/{name}", cancellationToken)).AsArray())
            {
                var release = (string)manifest!["release"]!;
                var bytes =
                    await client.GetByteArrayAsync($"/api/v1/packages/{name}/{release}/helm/pull", cancellationToken);
                var (tar, gzip, _) = await started[(name, release)].DigestsAsync(cancellationToken);
                Assert.That(
                    Convert.ToHexStringLower(SHA256.HashData(bytes)),
                    Is.EqualTo(gzip),
                    $"{name} {release}: returns the content that was sent");
                Assert.That((string?)manifest["content"]!["digest"], Is.EqualTo(tar), $"{name} {release}");
                listed.Add((name, release));
                releases.Add(release);
                digests.Add(gzip);
            }

            Assert.That(
                package["releases"]!.AsArray().Select(static release => (string?)release),
                Is.EquivalentTo(releases),
                name);
        }

        Assert.That(acknowledged.Keys.Except(listed), Is.Empty, "acknowledged but missing");
        return digests;
    }

    private async Task<HttpStatusCode> PushAsync(
        HttpClient client,
        (string Package, string Release) key,
        SeededPackage content,
        CancellationToken cancellationToken)
    {
        using var response = await client.PostAsync(
            $"/api/v1/packages/{key.Package}", new PushContent(content, key.Release), cancellationToken);
        if (response.StatusCode == HttpStatusCode.OK)
        {
            acknowledged[key] = content;
            return HttpStatusCode.OK;
        }

        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        Assert.That(
            response.StatusCode,
            Is.EqualTo(HttpStatusCode.ServiceUnavailable).Or.EqualTo(HttpStatusCode.InsufficientStorage),
            $"{key}: {text}");
        Assert.That(response.Headers.RetryAfter, Is.Not.Null, $"{key}: {text}");
        Assert.That((string?)JsonNode.Parse(text)!["code"], Is.EqualTo("unavailable").Or.EqualTo("storage-full"));
        Interlocked.Increment(ref refused);
        return response.StatusCode;
    }

    private static async Task<JsonNode> GetAsync(HttpClient client, string path, CancellationToken cancellationToken)
    {
        using var response = await client.GetAsync(path, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), $"{path}: {text}");
        return JsonNode.Parse(text)!;
    }
}
