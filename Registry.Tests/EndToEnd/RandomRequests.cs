using System.Globalization;
using System.Text;

namespace Registry.Tests.EndToEnd;

/// <summary>Random requests, some of them nearly valid; deterministic by seed.</summary>
internal sealed class RandomRequests(int seed)
{
    private static readonly string[] Methods =
        ["GET", "GET", "GET", "POST", "POST", "POST", "DELETE", "HEAD", "PUT", "PATCH", "OPTIONS", "FOO"];

    /// <summary>Every route of the service; <c>*</c> is a segment and <c>P</c> a base path of the packages.</summary>
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
    ];

    private static readonly string[] Segments =
    [
        "fuzz", "a", "b", "1.0.0", "default", "^1", "%3E%3D1.0,%3C2", "~0.", "helm", "kpm", "-", "stable", "channels",
        "blobs", "search", "..", ".", "%2e%2e",
        "%2F", "%00", "%0A", "%C3%28", "%FF", "%F0%9F%93%A6", "A%20b", "é", "sha256", "99999999999999999999.0.0",
        "1.0.0-rc.1+b",
        "328ebadef2f23d30bf9f806d4eb67c56e2869f471ca34f18780c7ce31576021d", "*", "{name}", "[", "%5B::1", "''", "@x",
    ];

    private static readonly string[] Parameters =
    [
        "q", "query", "namespace", "media_type", "format", "force", "release", "blob", "metadata", "workspace", "x",
    ];

    private static readonly string[] Values =
    [
        "", "json", "true", "http://u:p@example.org/a/b", "http://[::1/x", "//h/x", "%FF", "%00", "(", "*", "1.0.0",
        "H4sIAAAAAAAAAwMAAAAAAAAAAAA%3D", "helm",
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
    ];

    private readonly Random random = new(seed);

    /// <summary>Returns the next request as bytes; it asks the server to close the connection.</summary>
    public byte[] Next()
    {
        var head = new StringBuilder(
            $"{Pick(Methods)} {Path()} HTTP/1.1\r\nHost: "
                + $"{(random.Next(20) == 0 ? Noise(8) : "localhost")}\r\nConnection: close\r\n");
        for (var headers = random.Next(4); headers > 0; headers--)
            head.Append(Pick(Headers)).Append("\r\n");
        var body = Body();
        // Occasionally the length is wrong, but never so that the server waits for bytes that do not arrive.
        var length = random.Next(30) == 0 ? random.Next(body.Length + 1) : body.Length;
        head.Append(CultureInfo.InvariantCulture, $"Content-Length: {length}\r\n\r\n");
        return [.. Encoding.Latin1.GetBytes(head.ToString()), .. body.AsSpan(0, length)];
    }

    private string Path()
    {
        var path = new StringBuilder();
        foreach (var c in Pick(Routes))
            path.Append(c switch
            {
                'P' => random.Next(2) == 0 ? "/api/v1/packages" : "/cnr/api/v1/packages",
                '*' => Segment(),
                _ => c,
            });
        if (random.Next(10) == 0)
            path.Append('/');
        for (var (parameters, sign) = (random.Next(3), '?'); parameters > 0; parameters--, sign = '&')
            path.Append(sign)
                .Append(Pick(Parameters))
                .Append('=')
                .Append(random.Next(3) == 0 ? Escaped(random.Next(20)) : Pick(Values));
        return path.ToString();
    }

    private string Segment() => random.Next(6) switch
    {
        0 => Escaped(1 + random.Next(12)),
        1 => new string('a', random.Next(1, 300)),
        _ => Pick(Segments),
    };

    private byte[] Body() => random.Next(7) switch
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
        _ => Encoding.UTF8.GetBytes(Push()),
    };

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
}
