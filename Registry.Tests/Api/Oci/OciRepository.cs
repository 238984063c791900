using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Core.Artifacts;

namespace Registry.Tests.Api.Oci;

/// <summary>A repository of the service, as OCI clients use it.</summary>
/// <param name="client">Sends the requests.</param>
/// <param name="name">The name of the repository.</param>
internal sealed class OciRepository(HttpClient client, string name)
{
    /// <summary>The lengths of all hashed bytes by digest, for descriptors.</summary>
    private static readonly ConcurrentDictionary<string, long> Lengths = new();

    /// <summary>A digest that the registry does not have.</summary>
    public static readonly string UnknownDigest = DigestOf("unknown"u8.ToArray());

    public string Name => name;

    public string Root => $"/v2/{name}";

    public static string DigestOf(ReadOnlySpan<byte> bytes)
    {
        var digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
        Lengths[digest] = bytes.Length;
        return digest;
    }

    /// <summary>
    /// Returns the length of the bytes with a digest; an arbitrary length if they were not hashed here.
    /// </summary>
    public static long LengthOf(string digest) => Lengths.GetValueOrDefault(digest, 3);

    /// <summary>Returns the manifest of an artifact, as a client writes it.</summary>
    /// <param name="config">The digest of the config.</param>
    /// <param name="layers">The digests of the layers.</param>
    /// <param name="change">Changes the manifest; null for none.</param>
    public static byte[] Manifest(string config, string[] layers, Action<JsonObject>? change = null)
    {
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["config"] = Descriptor("application/vnd.example.config.v1+json", config, LengthOf(config)),
            ["layers"] = new JsonArray(
                [
                    .. layers.Select(
                        static layer => Descriptor("application/vnd.example.layer.v1", layer, LengthOf(layer))),
                ]),
        };
        change?.Invoke(manifest);
        return Encoding.UTF8.GetBytes(manifest.ToJsonString());
    }

    /// <summary>Returns an image index over manifests.</summary>
    public static byte[] Index(string[] manifests, string type = OciMediaTypes.Index)
    {
        var index = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = type,
            ["manifests"] = new JsonArray(
                [
                    .. manifests.Select(
                        static manifest => Descriptor(OciMediaTypes.Manifest, manifest, LengthOf(manifest))),
                ]),
        };
        return Encoding.UTF8.GetBytes(index.ToJsonString());
    }

    public static JsonObject Descriptor(string mediaType, string digest, long size) =>
        new() { ["mediaType"] = mediaType, ["digest"] = digest, ["size"] = size };

    /// <summary>Sends a request.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path below the repository, or the location that a response gave.</param>
    /// <param name="body">The body; null for none.</param>
    /// <param name="headers">Headers of the request or of the body.</param>
    public async Task<HttpResponseMessage> SendAsync(
        string method, string path, HttpContent? body = null, params (string Name, string Value)[] headers)
    {
        var address = path.StartsWith('/') ? path : $"{Root}/{path}";
        using var request = new HttpRequestMessage(new HttpMethod(method), address) { Content = body };
        foreach (var (header, value) in headers)
            if (!request.Headers.TryAddWithoutValidation(header, value))
                body!.Headers.TryAddWithoutValidation(header, value);
        return await client.SendAsync(request);
    }

    /// <summary>Pushes a blob in one request, and returns its digest.</summary>
    public async Task<string> PushBlobAsync(byte[] bytes)
    {
        var digest = DigestOf(bytes);
        using var pushed = await SendAsync("POST", $"blobs/uploads/?digest={digest}", Bytes(bytes));
        Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        return digest;
    }

    /// <summary>Begins a session, and returns its location.</summary>
    public async Task<string> BeginAsync()
    {
        using var begun = await SendAsync("POST", "blobs/uploads/");
        Assert.That(begun.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        return begun.Headers.Location!.OriginalString;
    }

    /// <summary>Pushes a manifest, and returns the response.</summary>
    public Task<HttpResponseMessage> PutManifestAsync(
        string reference, byte[] manifest, string type = OciMediaTypes.Manifest) =>
        SendAsync("PUT", $"manifests/{reference}", Bytes(manifest, type));

    /// <summary>Pushes an artifact with its own config and layer, and returns its manifest.</summary>
    /// <param name="tag">The tag; null to push it by digest.</param>
    /// <param name="change">Changes the manifest; null for none.</param>
    public async Task<(byte[] Bytes, string Digest)> PushArtifactAsync(
        string? tag, Action<JsonObject>? change = null)
    {
        var config = await PushBlobAsync("{}"u8.ToArray());
        var layer = await PushBlobAsync(Encoding.UTF8.GetBytes($"layer of {tag} {Guid.NewGuid()}"));
        var manifest = Manifest(config, [layer], change);
        using var pushed = await PutManifestAsync(tag ?? DigestOf(manifest), manifest);
        Assert.That(
            pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created), await pushed.Content.ReadAsStringAsync());
        return (manifest, DigestOf(manifest));
    }

    /// <summary>Returns the tags.</summary>
    public async Task<string[]> TagsAsync()
    {
        var list = await client.GetFromJsonAsync<JsonObject>($"{Root}/tags/list");
        return [.. list!["tags"]!.AsArray().Select(static tag => (string)tag!)];
    }

    /// <summary>Returns the status of a response, and the code of its error in OCI's form.</summary>
    public static async Task<(int Status, string? Code)> ErrorOfAsync(HttpResponseMessage response)
    {
        Assert.That(response.Content.Headers.ContentType?.ToString(), Is.EqualTo("application/json"));
        var body = (await response.Content.ReadFromJsonAsync<JsonObject>())!;
        var error = body["errors"]!.AsArray().Single()!.AsObject();
        Assert.That(
            error.Select(static member => member.Key), Is.EqualTo(new[] { "code", "message", "detail" }));
        Assert.That((string?)error["message"], Is.Not.Empty);
        return ((int)response.StatusCode, (string?)error["code"]);
    }

    /// <summary>Returns a header of a response; null when it is missing.</summary>
    public static string? HeaderOf(HttpResponseMessage response, string header) =>
        response.Headers.TryGetValues(header, out var values)
            || response.Content.Headers.TryGetValues(header, out values)
                ? string.Join(", ", values)
                : null;

    public static ByteArrayContent Bytes(byte[] bytes, string type = "application/octet-stream")
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }
}
