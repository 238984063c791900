using System.Globalization;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Registry.Tests.Support.Gcs;

/// <summary>A request with its path split at unescaped slashes, because object names contain slashes.</summary>
internal sealed class FakeGcsRequest
{
    public FakeGcsRequest(HttpContext context)
    {
        Context = context;
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var path = target.Split('?')[0];
        Path = [.. path.TrimStart('/').Split('/').Select(Uri.UnescapeDataString)];
    }

    public HttpContext Context { get; }

    public IReadOnlyList<string> Path { get; }

    public string Method => Context.Request.Method;

    public CancellationToken Aborted => Context.RequestAborted;

    /// <summary>Reads the JSON body, which clients may compress.</summary>
    public async Task<JsonObject> ReadJsonAsync()
    {
        var body = Context.Request.Body;
        await using var plain =
            Context.Request.Headers.ContentEncoding == "gzip" ? new GZipStream(body, CompressionMode.Decompress) : body;
        return (await JsonNode.ParseAsync(plain, cancellationToken: Aborted))!.AsObject();
    }

    /// <summary>The name of the session or object; empty for none.</summary>
    public string Name => Path switch
    {
        ["storage", "v1", "b", _, "o", var name] => name,
        ["storage", "v1", "b", _, "o", _, "rewriteTo", "b", _, "o", var name] => name,
        ["upload", "storage", "v1", "b", _, "o"] => Query("name") ?? "",
        ["upload", "sessions", var session] => session,
        _ => "",
    };

    public string? Query(
        string name) => Context.Request.Query.TryGetValue(name, out var values) ? values.ToString() : null;

    public long? Number(string name) => Query(name) is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;

    public FakeGcsOperation Operation => (Method, Path) switch
    {
        ("GET", ["storage", "v1", "b", _]) => FakeGcsOperation.GetBucket,
        ("GET", ["storage", "v1", "b", _, "o"]) => FakeGcsOperation.List,
        ("GET", ["storage", "v1", "b", _, "o", _]) =>
            Query("alt") == "media" ? FakeGcsOperation.GetMedia : FakeGcsOperation.GetObject,
        ("DELETE", ["storage", "v1", "b", _, "o", _]) => FakeGcsOperation.Delete,
        ("PATCH", ["storage", "v1", "b", _, "o", _]) => FakeGcsOperation.Patch,
        ("POST", ["storage", "v1", "b", _, "o", _, "rewriteTo", "b", _, "o", _]) => FakeGcsOperation.Rewrite,
        ("POST", ["upload", "storage", "v1", "b", _, "o"]) =>
            Query("uploadType") == "resumable" ? FakeGcsOperation.StartSession : FakeGcsOperation.Insert,
        ("PUT", ["upload", "sessions", _]) =>
            Context.Request.Headers.ContentRange.ToString().StartsWith("bytes */", StringComparison.Ordinal)
                ? FakeGcsOperation.QuerySession
                : FakeGcsOperation.PutChunk,
        ("DELETE", ["upload", "sessions", _]) => FakeGcsOperation.CancelSession,
        ("POST", ["token"]) => FakeGcsOperation.Token,
        ("GET", [""] or ["computeMetadata", ..]) => FakeGcsOperation.Metadata,
        _ => throw new InvalidOperationException($"The fake does not support {Method} {string.Join('/', Path)}."),
    };
}
