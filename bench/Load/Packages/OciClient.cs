using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Packages;

/// <summary>Pushes by the OCI distribution API, with the requests that helm sends.</summary>
internal static class OciClient
{
    /// <summary>The media type of a manifest.</summary>
    public const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    private const string ConfigType = "application/vnd.cncf.helm.config.v1+json";
    private const string ChartType = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

    /// <summary>Returns the digest of bytes.</summary>
    public static string DigestOf(ReadOnlySpan<byte> bytes) =>
        $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

    /// <summary>Pushes a chart: two blobs and a manifest, each after a check that it does not exist.</summary>
    /// <param name="server">The registry.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="archive">The archive.</param>
    /// <param name="config">The config.</param>
    /// <param name="cancellationToken">Cancels the push.</param>
    /// <returns>The manifest.</returns>
    /// <exception cref="HttpRequestException">A response is an error.</exception>
    public static async Task<byte[]> PushChartAsync(
        this ServerProcess server,
        string repository,
        string tag,
        byte[] archive,
        byte[] config,
        CancellationToken cancellationToken)
    {
        await server.PushBlobIfMissingAsync(repository, config, cancellationToken);
        await server.PushBlobIfMissingAsync(repository, archive, cancellationToken);
        var manifest = Encoding.UTF8.GetBytes(
            $$$"""
            {"schemaVersion":2,
            "config":{{{Descriptor(ConfigType, config)}}},
            "layers":[{{{Descriptor(ChartType, archive)}}}]}
            """);
        await server.SendAsync(HttpMethod.Head, Manifest(repository, tag), null, true, cancellationToken);
        await server.PutManifestAsync(repository, tag, manifest, cancellationToken);
        return manifest;
    }

    /// <summary>Pushes a manifest whose blobs exist.</summary>
    public static async Task PutManifestAsync(
        this ServerProcess server, string repository, string tag, byte[] manifest, CancellationToken cancellationToken)
    {
        var content = new ByteArrayContent(manifest) { Headers = { ContentType = new(ManifestType) } };
        await server.SendAsync(HttpMethod.Put, Manifest(repository, tag), content, false, cancellationToken);
    }

    /// <summary>Uploads a blob by POST and PUT.</summary>
    public static async Task PushBlobAsync(
        this ServerProcess server,
        string repository,
        ReadOnlyMemory<byte> bytes,
        string digest,
        CancellationToken cancellationToken)
    {
        var session = await server.BeginUploadAsync(repository, cancellationToken);
        await server.SendAsync(
            HttpMethod.Put, WithDigest(session, digest), Octets(bytes), false, cancellationToken);
    }

    /// <summary>Uploads a blob by POST, PATCH and PUT.</summary>
    public static async Task PatchBlobAsync(
        this ServerProcess server,
        string repository,
        ReadOnlyMemory<byte> bytes,
        string digest,
        CancellationToken cancellationToken)
    {
        var session = await server.BeginUploadAsync(repository, cancellationToken);
        session = await server.SendAsync(HttpMethod.Patch, session, Octets(bytes), false, cancellationToken);
        await server.SendAsync(HttpMethod.Put, WithDigest(session!, digest), null, false, cancellationToken);
    }

    /// <summary>Returns the path of a manifest.</summary>
    public static string Manifest(string repository, string reference) => $"/v2/{repository}/manifests/{reference}";

    private static string Descriptor(string mediaType, byte[] bytes) =>
        $$"""{"mediaType":"{{mediaType}}","digest":"{{DigestOf(bytes)}}","size":{{bytes.Length}}}""";

    private static ReadOnlyMemoryContent Octets(ReadOnlyMemory<byte> bytes) =>
        new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };

    private static string WithDigest(string session, string digest) =>
        $"{session}{(session.Contains('?', StringComparison.Ordinal) ? '&' : '?')}digest={digest}";

    private static async Task PushBlobIfMissingAsync(
        this ServerProcess server, string repository, byte[] bytes, CancellationToken cancellationToken)
    {
        var digest = DigestOf(bytes);
        await server.SendAsync(HttpMethod.Head, $"/v2/{repository}/blobs/{digest}", null, true, cancellationToken);
        await server.PushBlobAsync(repository, bytes, digest, cancellationToken);
    }

    private static async Task<string> BeginUploadAsync(
        this ServerProcess server, string repository, CancellationToken cancellationToken) =>
        (await server.SendAsync(
            HttpMethod.Post, $"/v2/{repository}/blobs/uploads/", null, false, cancellationToken))!;

    /// <summary>Sends a request.</summary>
    /// <returns>The <c>Location</c> of the response; null for none.</returns>
    private static async Task<string?> SendAsync(
        this ServerProcess server,
        HttpMethod method,
        string path,
        HttpContent? content,
        bool mayBeMissing,
        CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var response = await server.Client.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode && !(mayBeMissing && response.StatusCode == HttpStatusCode.NotFound))
            throw new HttpRequestException(
                $"{method} {path}: {response.StatusCode} "
                    + $"{await response.Content.ReadAsStringAsync(cancellationToken)}");
        return response.Headers.Location?.ToString();
    }
}
