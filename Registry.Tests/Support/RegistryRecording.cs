using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Registry.Tests.Support;

/// <summary>
/// Records the responses of a registry to every read of its protocols, for everything that it stores, so that two
/// registries can be compared: statuses, headers and bodies as text. It excludes the <c>Date</c> header; <c>GET
/// /api/v1</c>, which names the storage; and the web pages, which show how long ago something was pushed.
/// </summary>
internal sealed class RegistryRecording
{
    /// <summary>The Host header of all requests, so that links do not depend on the address.</summary>
    private const string Host = "registry.example";

    private static readonly string[] Mounts = ["/api/v1/packages", "/cnr/api/v1/packages"];

    private readonly HttpClient client;
    private readonly CancellationToken cancellationToken;
    private readonly List<string> responses = [];

    private RegistryRecording(
        HttpClient client,
        CancellationToken cancellationToken) => (this.client, this.cancellationToken) = (client, cancellationToken);

    /// <summary>Sends all requests.</summary>
    /// <param name="client">A client of the registry.</param>
    /// <param name="workspaces">The workspaces that hold archives, as clients name them.</param>
    /// <param name="cancellationToken">Cancels the recording.</param>
    /// <returns>One text per response, starting with its request.</returns>
    public static async Task<IReadOnlyList<string>> RecordAllAsync(
        HttpClient client, IEnumerable<string> workspaces, CancellationToken cancellationToken)
    {
        var recording = new RegistryRecording(client, cancellationToken);
        string[] others = ["/version", "/cnr/version", "/healthz", "/readyz", "/nowhere"];
        foreach (var path in others)
            await recording.RecordAsync(HttpMethod.Get, path);
        foreach (var mount in Mounts)
            await recording.RecordCnrAsync(mount);
        foreach (var workspace in workspaces)
            await recording.RecordKarAsync(Uri.EscapeDataString(workspace));
        return recording.responses;
    }

    /// <summary>Sends every read of an OCI repository.</summary>
    /// <param name="client">A client of the registry.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="digests">The manifests that no tag leads to.</param>
    /// <param name="cancellationToken">Cancels the recording.</param>
    /// <returns>One text per response, starting with its request.</returns>
    public static async Task<IReadOnlyList<string>> RecordOciAsync(
        HttpClient client, string repository, IEnumerable<string> digests, CancellationToken cancellationToken)
    {
        var recording = new RegistryRecording(client, cancellationToken);
        var path = $"/v2/{repository}";
        var tags = JsonDocument.Parse(await recording.RecordAsync(HttpMethod.Get, $"{path}/tags/list")).RootElement;
        var references = new Queue<string>(
            tags.GetProperty("tags").EnumerateArray().Select(static tag => tag.GetString()!).Concat(digests));
        var seen = new HashSet<string>(references);
        while (references.TryDequeue(out var reference))
        {
            var text = await recording.RecordAsync(HttpMethod.Get, $"{path}/manifests/{reference}");
            await recording.RecordAsync(HttpMethod.Head, $"{path}/manifests/{reference}");
            if (!reference.StartsWith("sha256:", StringComparison.Ordinal))
            {
                var digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";
                if (seen.Add(digest))
                    references.Enqueue(digest);
                continue;
            }

            await recording.RecordAsync(HttpMethod.Get, $"{path}/referrers/{reference}");
            var manifest = JsonDocument.Parse(text).RootElement;
            foreach (var child in ItemsOf(manifest, "manifests"))
                if (seen.Add(child))
                    references.Enqueue(child);
            IEnumerable<string> blobs = manifest.TryGetProperty("config", out var config)
                ? [config.GetProperty("digest").GetString()!, .. ItemsOf(manifest, "layers")]
                : [];
            foreach (var blob in blobs)
                if (seen.Add(blob))
                {
                    await recording.RecordAsync(HttpMethod.Get, $"{path}/blobs/{blob}");
                    await recording.RecordAsync(HttpMethod.Head, $"{path}/blobs/{blob}");
                }
        }

        return recording.responses;

        static IEnumerable<string> ItemsOf(JsonElement manifest, string member) =>
            manifest.TryGetProperty(member, out var items)
                ? items.EnumerateArray().Select(static item => item.GetProperty("digest").GetString()!)
                : [];
    }

    /// <summary>Sends every read of a Helm repository.</summary>
    /// <param name="client">A client of the registry.</param>
    /// <param name="namespace">The namespace.</param>
    /// <param name="channels">The channels.</param>
    /// <param name="cancellationToken">Cancels the recording.</param>
    /// <returns>One text per response, starting with its request.</returns>
    public static async Task<IReadOnlyList<string>> RecordHelmAsync(
        HttpClient client,
        string @namespace,
        IEnumerable<string> channels,
        CancellationToken cancellationToken)
    {
        var recording = new RegistryRecording(client, cancellationToken);
        foreach (var path in channels.Select(channel => $"/helm/{@namespace}/-/{channel}")
            .Prepend($"/helm/{@namespace}"))
        {
            var index = JsonDocument.Parse(await recording.RecordAsync(HttpMethod.Get, $"{path}/index.yaml"));
            var urls = index.RootElement.GetProperty("entries").EnumerateObject()
                .SelectMany(static entries => entries.Value.EnumerateArray())
                .Select(static entry => entry.GetProperty("urls")[0].GetString());
            foreach (var url in urls)
            {
                await recording.RecordAsync(HttpMethod.Get, $"{path}/{url}");
                await recording.RecordAsync(HttpMethod.Get, $"{path}/{url}.prov");
            }
        }

        await recording.RecordAsync(HttpMethod.Get, $"/helm/api/{@namespace}/charts");
        await recording.RecordAsync(HttpMethod.Get, $"/helm/api/{@namespace}/charts?unlisted");
        return recording.responses;
    }

    private async Task RecordCnrAsync(string mount)
    {
        string[] queries = [
            "?namespace=team", "?query=e", "?media_type=kpm", "/search?q=e", "/search?q=nothing", "/no/such",
            "/no/such/1.0.0/helm/pull"
        ];
        foreach (var query in queries)
            await RecordAsync(HttpMethod.Get, mount + query);
        foreach (var package in JsonDocument.Parse(await RecordAsync(HttpMethod.Get, mount)).RootElement
            .EnumerateArray())
        {
            var path = $"{mount}/{package.GetProperty("name").GetString()}";
            foreach (var manifest in JsonDocument.Parse(await RecordAsync(HttpMethod.Get, path)).RootElement
                .EnumerateArray())
                await RecordReleaseAsync(path, manifest);
            foreach (var channel in JsonDocument.Parse(
                await RecordAsync(HttpMethod.Get, $"{path}/channels")).RootElement
                .EnumerateArray())
                await RecordAsync(HttpMethod.Get, $"{path}/channels/{channel.GetProperty("name").GetString()}");
            string[] rest = ["/default/-/pull", "/default/helm", "/>=1.0.0/helm/pull", "/9.9.9/helm", "/channels/none"];
            foreach (var query in rest)
                await RecordAsync(HttpMethod.Get, path + query);
        }
    }

    private async Task RecordReleaseAsync(string path, JsonElement manifest)
    {
        // application/vnd.cnr.package-manifest.helm.v1.json
        var type = manifest.GetProperty("mediaType").GetString()!.Split('.')[^3];
        var release = $"{path}/{manifest.GetProperty("release").GetString()}";
        var blob = $"{path}/blobs/sha256/{manifest.GetProperty("content").GetProperty("digest").GetString()}";
        string[] reads = [
            release, $"{release}/{type}", $"{release}/{type}/pull", $"{release}/{type}/pull/json",
            $"{release}/{type}/pull?format=json", blob, $"{blob}/json"
        ];
        foreach (var read in reads)
            await RecordAsync(HttpMethod.Get, read);
        await RecordAsync(HttpMethod.Head, blob);
        await RecordAsync(HttpMethod.Get, blob, static headers => headers.Range = new RangeHeaderValue(7, 99));
    }

    private async Task RecordKarAsync(string workspace)
    {
        foreach (var archive in JsonDocument.Parse(
            await RecordAsync(HttpMethod.Get, $"/api/v1/app?workspace={workspace}")).RootElement.EnumerateArray())
        {
            var name = archive.GetProperty("name").GetString()!;
            var path = $"/api/v1/app/{name[(name.LastIndexOf('/') + 1)..^".zip".Length]}?workspace={workspace}";
            await RecordAsync(HttpMethod.Get, path);
            await RecordAsync(HttpMethod.Head, path);
            await RecordAsync(HttpMethod.Get, path, static headers => headers.Range = new RangeHeaderValue(1, null));
        }
    }

    /// <summary>Records a response, and the one to a conditional request with its entity tag.</summary>
    private async Task<string> RecordAsync(HttpMethod method, string path, Action<HttpRequestHeaders>? configure = null)
    {
        var (text, tag) = await SendAsync(method, path, configure);
        if (tag is not null)
            await SendAsync(method, path, headers => headers.IfNoneMatch.Add(tag));
        return text;
    }

    private async Task<(string Body, EntityTagHeaderValue? Tag)> SendAsync(
        HttpMethod method, string path, Action<HttpRequestHeaders>? configure)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Host = Host;
        configure?.Invoke(request.Headers);
        using var response = await client.SendAsync(request, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var text = Encoding.UTF8.GetString(body);
        var headers = response.Headers.Concat(response.Content.Headers)
            .Where(static header => header.Key != "Date")
            .Select(static header => $"{header.Key}: {string.Join(", ", header.Value)}")
            .Order(StringComparer.Ordinal);
        responses.Add(string.Join('\n', [
            $"{method} {path} {request.Headers.ToString().ReplaceLineEndings(" ")}",
            $"{(int)response.StatusCode}",
            .. headers,
            $"{body.Length} bytes, sha256 {Convert.ToHexStringLower(SHA256.HashData(body))}",
            text.Length < 2000 ? text : "",
        ]));
        return (text, response.Headers.ETag);
    }
}
