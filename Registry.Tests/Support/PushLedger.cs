using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using NUnit.Framework;

namespace Registry.Tests.Support;

/// <summary>
/// Pushes, and what became of them: each that was acknowledged must be there, and whatever is there must be as it was
/// sent, whether or not anybody was told.
/// </summary>
/// <param name="namespace">Of the packages: nobody else pushes there.</param>
internal sealed class PushLedger(string @namespace)
{
    private readonly ConcurrentDictionary<(string Package, string Release), SeededPackage> begun = new();
    private readonly ConcurrentDictionary<(string Package, string Release), SeededPackage> acknowledged = new();
    private int refused;
    private int seeds;

    /// <summary>How many pushes were answered 200.</summary>
    public int Acknowledged => acknowledged.Count;

    /// <summary>How many were answered 503 or 507.</summary>
    public int Refused => refused;

    /// <summary>
    /// Pushes a release that nobody has pushed. The only answers are 200, and 503 or 507 with all that belongs to them.
    /// </summary>
    /// <param name="client">The registry.</param>
    /// <param name="name">The package, within the namespace.</param>
    /// <param name="release">The release.</param>
    /// <param name="bytes">How many the package has.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<HttpStatusCode> PushAsync(
        HttpClient client, string name, string release, long bytes, CancellationToken cancellationToken)
    {
        var key = ($"{@namespace}/{name}", release);
        var content = new SeededPackage(Interlocked.Increment(ref seeds), bytes);
        Assert.That(begun.TryAdd(key, content), Is.True, $"{key} was pushed before.");
        return PushAsync(client, key, content, cancellationToken);
    }

    /// <summary>Pushes what was refused once more. A push that conflicts with itself is found out here.</summary>
    public Task<HttpStatusCode> PushAgainAsync(
        HttpClient client, string name, string release, CancellationToken cancellationToken)
    {
        var key = ($"{@namespace}/{name}", release);
        return PushAsync(client, key, begun[key], cancellationToken);
    }

    /// <summary>Forgets a release that is to be deleted.</summary>
    public void Forget(string name, string release)
    {
        begun.TryRemove(($"{@namespace}/{name}", release), out _);
        acknowledged.TryRemove(($"{@namespace}/{name}", release), out _);
    }

    /// <summary>Lists, shows and pulls everything.</summary>
    /// <returns>The digests of the stored bytes of all that is there.</returns>
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
                var (tar, gzip, _) = await begun[(name, release)].DigestsAsync(cancellationToken);
                Assert.That(
                    Convert.ToHexStringLower(SHA256.HashData(bytes)),
                    Is.EqualTo(gzip),
                    $"{name} {release}: what comes back is what was sent");
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

        Assert.That(acknowledged.Keys.Except(listed), Is.Empty, "acknowledged and not there");
        return digests;
    }

    private async Task<HttpStatusCode> PushAsync(
        HttpClient client,
        (string Package, string Release) key,
        SeededPackage content,
        CancellationToken cancellationToken)
    {
        using var answer = await client.PostAsync(
            $"/api/v1/packages/{key.Package}", new PushContent(content, key.Release), cancellationToken);
        if (answer.StatusCode == HttpStatusCode.OK)
        {
            acknowledged[key] = content;
            return HttpStatusCode.OK;
        }

        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        Assert.That(
            answer.StatusCode,
            Is.EqualTo(HttpStatusCode.ServiceUnavailable).Or.EqualTo(HttpStatusCode.InsufficientStorage),
            $"{key}: {text}");
        Assert.That(answer.Headers.RetryAfter, Is.Not.Null, $"{key}: {text}");
        Assert.That((string?)JsonNode.Parse(text)!["code"], Is.EqualTo("unavailable").Or.EqualTo("storage-full"));
        Interlocked.Increment(ref refused);
        return answer.StatusCode;
    }

    private static async Task<JsonNode> GetAsync(HttpClient client, string path, CancellationToken cancellationToken)
    {
        using var answer = await client.GetAsync(path, cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), $"{path}: {text}");
        return JsonNode.Parse(text)!;
    }
}
