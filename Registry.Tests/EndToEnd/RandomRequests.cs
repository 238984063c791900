using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Registry.Core.Artifacts;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>
/// Random requests, some of them nearly valid; deterministic by seed, but for the locations of uploads.
/// </summary>
/// <param name="seed">The seed.</param>
/// <param name="token">The token that most requests have; null for none.</param>
internal sealed partial class RandomRequests(int seed, string? token = null)
{
    private const string Digest = "sha256:328ebadef2f23d30bf9f806d4eb67c56e2869f471ca34f18780c7ce31576021d";

    /// <summary>The digest of <c>{}</c>, which some requests push.</summary>
    private const string EmptyDigest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    private const string Binary = "application/octet-stream";
    private const string Boundary = "--x\r\nContent-Disposition: form-data; name=";

    private static readonly byte[] Chart = OneRegistry.Chart("1.0.0");
    private static readonly byte[] Provenance = OneRegistry.Provenance(Chart, "1.0.0");

    private static readonly string Config = OneRegistry.Descriptor("{}"u8, OciMediaTypes.HelmConfig);

    private static readonly string[] Methods =
        ["GET", "GET", "GET", "POST", "POST", "POST", "DELETE", "HEAD", "PUT", "PATCH", "OPTIONS", "FOO"];

    /// <summary>
    /// Every route of the service; <c>*</c> is a segment, <c>P</c> a base path of the packages, <c>R</c> a repository
    /// and <c>U</c> the location of an upload.
    /// </summary>
    private static readonly string[] Routes =
    [
        "/", "/cnr", "/cnr/", "/version", "/cnr/version", "/healthz", "/readyz", "/openapi/v1.json",
        "/openapi/client.json", "/swagger",
        "/swagger/index.html", "/*", "/api/*",
        "P", "P/search", "P/*/*", "P/*/*", "P/*/*", "P/*/*/*", "P/*/*/*/*", "P/*/*/*/*/pull", "P/*/*/*/*/pull/json",
        "P/*/*/blobs/sha256/*",
        "P/*/*/blobs/sha256/*/json", "P/*/*/channels", "P/*/*/channels/*", "P/*/*/channels/*/*", "/api/v1",
        "/api/v1/app", "/api/v1/app/*",
        "/api/v1/app/*/*",
        "/v2/", "/v2/_catalog", "/v2/R/tags/list", "/v2/R/manifests/*", "/v2/R/manifests/*", "/v2/R/manifests/*",
        "/v2/R/blobs/*", "/v2/R/blobs/uploads/", $"/v2/R/blobs/uploads/?digest={EmptyDigest}", "/v2/R/blobs/uploads/*",
        "U", $"U?digest={EmptyDigest}", "/v2/R/referrers/*", "/v2/*", "/v2/*/*",
        "/helm/index.yaml", "/helm/*/index.yaml", "/helm/*/-/*/index.yaml", "/helm/*/charts/*",
        "/helm/*/-/*/charts/*", "/helm/*", "/helm/api/charts", "/helm/api/*/charts", "/helm/api/*/charts",
        "/helm/api/*/charts/*", "/helm/api/*/charts/*/*", "/helm/api/*/prov", "/helm/api/*/prov",
        "/packages", "/packages/*/*", "/packages/*/*/*", "/icons/*/*", "/archives", "/assets/*", "/favicon.ico",
        "/sign-in", "/sign-out", "/tokens", "/tokens/*/revoke", "/manage/packages/R", "/manage/delete-release/R",
        "/manage/move-channel/R", "/manage/delete-channel/R", "/manage/delete-tag/R",
        "/api/v1/tokens", "/api/v1/tokens/*", "/api/v1/users/login", "/cnr/api/v1/users/login",
    ];

    private static readonly string[] Segments =
    [
        "fuzz", "a", "b", "1.0.0", "default", "^1", "%3E%3D1.0,%3C2", "~0.", "helm", "kpm", "-", "stable", "channels",
        "blobs", "search", "..", ".", "%2e%2e",
        "%2F", "%00", "%0A", "%C3%28", "%FF", "%F0%9F%93%A6", "A%20b", "é", "sha256", "99999999999999999999.0.0",
        "1.0.0-rc.1+b",
        "328ebadef2f23d30bf9f806d4eb67c56e2869f471ca34f18780c7ce31576021d", "*", "{name}", "[", "%5B::1", "''", "@x",
    ];

    private static readonly string[] References =
    [
        "latest", "1.0.0", "1.0.0__index", "1.0.0_b", Digest, EmptyDigest, Digest[..^1], Digest.ToUpperInvariant(),
        "sha512:00", "sha256%3Aa", ":", "a-1.0.0.tgz", "a-1.0.0.tgz.prov", "a-.tgz", "self", "uploads", "index.yaml",
    ];

    private static readonly string[] Parameters =
    [
        "q", "query", "namespace", "media_type", "format", "force", "release", "blob", "metadata", "workspace", "x",
        "n", "last", "digest", "mount", "from", "tag", "artifactType", "offset", "limit", "after", "unlisted", "name",
        "scopes", "expires_in", "user", "username", "password", "token",
    ];

    private static readonly string[] Scopes =
        ["**=pull", "fuzz/**=pull,push", "**=admin", "=", "**=", "a/[=pull", "A=delete", "x=y"];

    private static readonly string[] Values =
    [
        "", "json", "true", "http://u:p@example.org/a/b", "http://[::1/x", "//h/x", "%FF", "%00", "(", "*", "1.0.0",
        "H4sIAAAAAAAAAwMAAAAAAAAAAAA%3D", "helm", "0", "-1", "1", "99999999999999999999", Digest, EmptyDigest, "sha512",
        "fuzz/a", "..", "%0d%0aX:y", "%D9%A1", "**%3Dpull", "90d",
    ];

    private static readonly string[] Headers =
    [
        "Content-Type: application/json", "Content-Type: multipart/form-data; boundary=x",
        "Content-Type: multipart/form-data", "Content-Type: ;;;",
        "Content-Type: application/x-www-form-urlencoded", "Content-Encoding: gzip", "Range: bytes=0-0",
        "Range: bytes=5-2", "Range: bytes=-999999999999999999999",
        "Range: lines=1", "If-None-Match: *", "If-None-Match: \"", "If-Match: \"a\"", "If-Range: yesterday",
        "Accept: application/x-gzip", "Accept: \u0001",
        "Accept-Encoding: br;q=9, *;q=0", "X-Forwarded-Host: <script>", "X-Forwarded-Proto: javascript",
        "Origin: null", "Access-Control-Request-Method: FOO",
        "Expect: 100-continue", "X-Requested-With: XMLHttpRequest", "Authorization: \\",
        "X-HTTP-Method-Override: DELETE",
        $"Content-Type: {OciMediaTypes.Manifest}", $"Content-Type: {OciMediaTypes.Index}",
        "Content-Type: application/gzip", "Content-Range: 0-1",
        "Content-Range: 5-3", "Content-Range: 0-9223372036854775806", "Content-Range: bytes 0-3/4",
        "Range: bytes=0-0,2-3", "Authorization: Basic Og==", "Authorization: Basic eA==", "Authorization: Basic ====",
        "Authorization: Bearer", "Authorization: Bearer reg_x", "Authorization: Bearer eyJhbGciOiJub25lIn0.e30.",
        "Cookie: registry-session=x", "Cookie: \u00ff", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors",
        "Origin: http://localhost", "Accept: text/html", "X-Forwarded-Prefix: /x\"y",
    ];

    private readonly Random random = new(seed);
    private string upload = "/v2/fuzz/a/blobs/uploads/x";

    /// <summary>Returns the next request as bytes; it asks the server to close the connection.</summary>
    public byte[] Next()
    {
        var (method, route, type, body) =
            random.Next(3) == 0 ? Matching() : (Pick(Methods), Pick(Routes), null, Body());
        var head = new StringBuilder(
            $"{method} {Path(route)} HTTP/1.1\r\nHost: "
                + $"{(random.Next(20) == 0 ? Noise(8) : "localhost")}\r\nConnection: close\r\n");
        if (type is not null)
            head.Append(CultureInfo.InvariantCulture, $"Content-Type: {type}\r\n");
        for (var headers = random.Next(4); headers > 0; headers--)
            head.Append(Pick(Headers)).Append("\r\n");
        if (token is not null && random.Next(4) > 0)
            head.Append(CultureInfo.InvariantCulture, $"Authorization: Bearer {token}\r\n");
        // Occasionally the length is wrong, but never so that the server waits for bytes that do not arrive.
        var length = random.Next(30) == 0 ? random.Next(body.Length + 1) : body.Length;
        head.Append(CultureInfo.InvariantCulture, $"Content-Length: {length}\r\n\r\n");
        return [.. Encoding.Latin1.GetBytes(head.ToString()), .. body.AsSpan(0, length)];
    }

    /// <summary>Uses the location of an upload that a response began.</summary>
    public void Learn(string response)
    {
        if (UploadLocation().Match(response) is { Success: true } match)
            upload = match.Groups[1].Value;
    }

    private string Path(string route)
    {
        var path = new StringBuilder();
        foreach (var c in route)
            path.Append(c switch
            {
                'P' => random.Next(2) == 0 ? "/api/v1/packages" : "/cnr/api/v1/packages",
                'R' => random.Next(3) == 0 ? $"{Segment()}/{Segment()}" : "fuzz/a",
                'U' => upload,
                '*' => Segment(),
                _ => c,
            });
        if (random.Next(10) == 0)
            path.Append('/');
        var first = path.ToString().Contains('?', StringComparison.Ordinal) ? '&' : '?';
        for (var (parameters, sign) = (random.Next(3), first); parameters > 0; parameters--, sign = '&')
            path.Append(sign)
                .Append(Pick(Parameters))
                .Append('=')
                .Append(random.Next(3) == 0 ? Escaped(random.Next(20)) : Pick(Values));
        return path.ToString();
    }

    private string Segment() => random.Next(9) switch
    {
        0 => Escaped(1 + random.Next(12)),
        1 => new string('a', random.Next(1, 300)),
        < 5 => Pick(References),
        _ => Pick(Segments),
    };

    private byte[] Body() => random.Next(10) switch
    {
        0 => [],
        1 => Bytes(random.Next(1, 2000)),
        2 => Mutated(Encoding.UTF8.GetBytes(Push())),
        3 => Encoding.UTF8.GetBytes(Json(depth: 4)),
        4 => Encoding.UTF8.GetBytes($"blob={Pick(Values)}&release={Pick(Segments)}&force={Pick(Values)}"),
        5 =>
            Mutated(
                Encoding.UTF8.GetBytes(
                    $"--x\r\nContent-Disposition: form-data; name=\"blob\"\r\n\r\n{Noise(30)}\r\n--x--\r\n")),
        < 9 => Matching().Body,
        _ => Encoding.UTF8.GetBytes(Push()),
    };

    /// <summary>Returns a request whose method, content type and body belong to its route.</summary>
    private (string Method, string Route, string? Type, byte[] Body) Matching()
    {
        var (method, route, type, body) = random.Next(12) switch
        {
            0 => ("POST", $"/v2/R/blobs/uploads/?digest={EmptyDigest}", Binary, "{}"u8.ToArray()),
            1 => ("POST", "/v2/R/blobs/uploads/", Binary, []),
            2 => ("PATCH", "U", Binary, "{}"u8.ToArray()),
            3 => ("PUT", $"U?digest={EmptyDigest}", Binary, []),
            4 or 5 => ("PUT", "/v2/R/manifests/*", OciMediaTypes.Manifest, Encoding.UTF8.GetBytes(Image())),
            6 => ("PUT", "/v2/R/manifests/*", OciMediaTypes.Index, Encoding.UTF8.GetBytes(Index())),
            7 => ("POST", "/helm/api/fuzz/charts", Binary, [.. Chart]),
            8 => ("POST", "/helm/api/fuzz/charts", "multipart/form-data; boundary=x",
                Form(("chart", Mutated([.. Chart])), ("prov", Provenance))),
            9 => ("POST", "/helm/api/fuzz/prov", Binary, [.. Provenance]),
            10 => ("POST", "/api/v1/tokens", "application/json", Encoding.UTF8.GetBytes(
                $$"""{"name":"fuzz","scopes":["{{Pick(Scopes)}}","{{Pick(Scopes)}}"],"expires_in":"90d"}""")),
            _ => ("POST", "/api/v1/users/login", "application/json", Encoding.UTF8.GetBytes(
                $$$"""{"user":{"username":{{{Json(1)}}},"password":"{{{Pick([token ?? "", Noise(8)])}}}"}}""")),
        };
        return (method, route, type, random.Next(2) == 0 ? Mutated(body) : body);
    }

    private string Image() => random.Next(2) == 0
        ? $$"""{"schemaVersion":2,"config":{{Config}},"layers":[{{Json(2)}}],"subject":{{Json(1)}}}"""
        : $$"""{"schemaVersion":2,"config":{{Config}},"layers":[],"annotations":{"a":"{{random.Next()}}"} }""";

    private string Index() => random.Next(2) == 0
        ? $$"""{"schemaVersion":2,"manifests":[{{Config}},{{Json(1)}}],"annotations":{{Json(1)}}}"""
        : $$"""{"schemaVersion":2,"manifests":[],"annotations":{"a":"{{random.Next()}}"} }""";

    private static byte[] Form(params (string Name, byte[] Content)[] parts) =>
    [
        .. parts.SelectMany(static part =>
            (byte[])
            [
                .. Encoding.UTF8.GetBytes($"{Boundary}\"{part.Name}\"; filename=x\r\n\r\n"), .. part.Content,
                .. "\r\n"u8
            ]),
        .. "--x--\r\n"u8,
    ];

    private string Push() =>
        $$"""{"blob":{{Json(1)}},"release":{{Json(1)}},"media_type":{{Json(1)}},"force":{{Json(1)}},"metadata":{{Json(3)}},"{{Pick(Parameters)}}":{{Json(2)}}}""";

    private string Json(int depth) => random.Next(depth <= 0 ? 9 : 12) switch
    {
        0 => "null",
        1 => random.Next(2) == 0 ? "true" : "false",
        2 => random.Next(-1000, 1000).ToString(CultureInfo.InvariantCulture),
        3 => "1e400",
        4 => "\"1.0.0\"",
        5 => "\"helm\"",
        6 => $"\"{Convert.ToBase64String(Bytes(random.Next(100)))}\"",
        7 => $"\"\\u{random.Next(0x10000):x4}\\n\"",
        8 => "\"H4sIAAAAAAAAA+3OMQqDQBCF4alzij2BzLBxcgBPsoVgsUlA\"",
        9 => new string('[', random.Next(1, 200)),
        10 => $"[{Json(depth - 1)},{Json(depth - 1)}]",
        _ => $$"""{"{{Pick(Parameters)}}":{{Json(depth - 1)}},"{{Pick(Parameters)}}":{{Json(depth - 1)}}}""",
    };

    private byte[] Mutated(byte[] bytes)
    {
        for (var changes = random.Next(4); changes > 0 && bytes.Length > 0; changes--)
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return random.Next(4) == 0 ? bytes[..random.Next(bytes.Length + 1)] : bytes;
    }

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private string Escaped(int count) => string.Concat(Bytes(count).Select(static value => $"%{value:X2}"));

    /// <summary>Returns random characters without line breaks.</summary>
    private string Noise(
        int count) => string.Concat(Bytes(count).Select(static value => value is 10 or 13 or 0 ? 'x' : (char)value));

    private T Pick<T>(T[] from) => from[random.Next(from.Length)];

    [GeneratedRegex(@"\r\nLocation: (\S+/blobs/uploads/[^\s?]+)")]
    private static partial Regex UploadLocation();
}
