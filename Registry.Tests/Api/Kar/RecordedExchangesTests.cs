using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Core.Archives;
using Registry.Core.Storage;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Kar;

/// <summary>
/// Sends each request that was recorded with the reference server separately to a registry with the reference's
/// content. A response may differ only where the table of deliberate differences allows it.
/// </summary>
/// <remarks>
/// The filesystem replays all of them. The other backends replay those that upload, list, download and delete: the
/// rules are implemented above the port.
/// </remarks>
public sealed class RecordedExchangesTests
{
    /// <summary>The backend that replays every recorded exchange.</summary>
    private const string WholeReplay = "filesystem";

    /// <summary>The exchanges that all backends replay.</summary>
    private static readonly string[] OnAllBackends = [
        "push", "push.again", "list", "list.ws", "list.ws.twice", "get", "get.ws", "get.absent", "get.range",
        "del.get"
    ];

    /// <summary>Deliberate differences by exchange: the row that allows it, and the status of this registry.</summary>
    private static readonly Dictionary<string, (string Row, int Status)> Exemptions = new()
    {
        ["status"] = ("GET /api/v1", 200),
        ["push.empty"] = ("empty upload", 400),
        ["list.ws.absent"] = ("empty list", 200),
        ["list.ws.unicode"] = ("empty list", 200),
        ["list.ws.ipv6bad"] = ("malformed workspace", 400),
        ["get.sub"] = ("{id}", 404),
        ["badutf8path"] = ("{id}", 404),
        ["get.range"] = ("HEAD, OPTIONS, CORS, Range", 206),
    };

    /// <summary>Exchanges recorded after the reference had deleted the sample.</summary>
    private static readonly string[] AfterDelete = ["del.twice", "del.get"];

    private static readonly Lazy<List<JsonNode>> Records = new(static () =>
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", "recorded", "kar.jsonl"))
            .Select(static l => JsonNode.Parse(l)!)]);

    /// <summary>
    /// By backend: the registry for reads, and the current one for requests that may change something.
    /// </summary>
    private readonly Dictionary<(string Backend, bool Changes), FaultyHost> hosts = [];

    private static IEnumerable<TestCaseData> Exchanges() =>
        from backend in Backends.Names
        from record in Records.Value
        where backend == WholeReplay || OnAllBackends.Contains((string)record["id"]!)
        select new TestCaseData(backend, record).SetArgDisplayNames(backend, (string)record["id"]!);

    [OneTimeTearDown]
    public async Task Stop()
    {
        foreach (var host in hosts.Values)
            await host.DisposeAsync();
    }

    [Test]
    public void All_exchanges_are_recorded() => Assert.That(Records.Value, Has.Count.EqualTo(39));

    [Test]
    public void Every_exemption_has_a_recorded_exchange() =>
        Assert.That(
            Exemptions.Keys.Union(AfterDelete).Union(OnAllBackends),
            Is.SubsetOf(Records.Value.Select(static r => (string)r["id"]!)));

    [TestCaseSource(nameof(Exchanges))]
    public async Task The_response_matches_the_reference(string backend, JsonNode record)
    {
        var id = (string)record["id"]!;
        var (sent, recorded) = (record["request"]!, record["response"]!);
        var host = await GetHostAsync(
            backend, changes: (string)sent["method"]! is "POST" or "DELETE", deleted: AfterDelete.Contains(id));

        using var request = new HttpRequestMessage(new HttpMethod((string)sent["method"]!), (string)sent["path"]!);
        request.Headers.Host = "127.0.0.1:9876";
        if ((string?)sent["body"] is { } body)
            request.Content = new ByteArrayContent(
                id is "push" or "push.again" ? await SampleArchive.BytesAsync() : Encoding.Latin1.GetBytes(body));
        foreach (var (name, value) in sent["headers"]!.AsObject())
            _ = request.Headers.TryAddWithoutValidation(name, ReplaceTag((string)value!, id))
                || request.Content!.Headers.TryAddWithoutValidation(name, (string)value!);
        using var response = await host.Client.SendAsync(request);
        var bytes = await response.Content.ReadAsByteArrayAsync();

        var status = (int)recorded["status"]!;
        if (Exemptions.TryGetValue(id, out var exemption))
            status = exemption.Status;
        Assert.That((int)response.StatusCode, Is.EqualTo(status), Encoding.UTF8.GetString(bytes));
        if (status >= 400)
            CheckError(response, bytes);
        else if (status != 304 && status != 204)
            CheckContent(exemption.Row, recorded, response, bytes);
        if (status is 200 or 206 or 304 && request.Method == HttpMethod.Get)
            Assert.That(response.Headers.ETag, Has.Property("IsWeak").False, "row ETag");
    }

    /// <summary>Returns a registry with the reference's content.</summary>
    private async Task<FaultyHost> GetHostAsync(string backend, bool changes, bool deleted)
    {
        var key = (backend, changes || deleted);
        if (hosts.Remove(key, out var known))
        {
            if (!changes && !deleted)
                return hosts[key] = known;
            await known.DisposeAsync();
        }

        var host = hosts[key] = await FaultyHost.StartAsync(await Backends.NewStorageAsync(backend));
        if (!deleted)
            await FillAsync(host.Blobs);
        return host;
    }

    private static void CheckContent(string? row, JsonNode recorded, HttpResponseMessage response, byte[] bytes)
    {
        Assert.That(
            response.Content.Headers.ContentType?.ToString(), Is.EqualTo(RecordedHeader(recorded, "Content-Type")));
        Assert.That(response.Content.Headers.ContentLength, Is.EqualTo(bytes.Length));
        switch (row)
        {
            case "GET /api/v1":
                Assert.That((string?)JsonNode.Parse(bytes)!["kind"], Is.EqualTo("registry#status"));
                break;
            case "empty list":
                Assert.That(bytes, Is.EqualTo("[]\n"u8.ToArray()));
                break;
            case "HEAD, OPTIONS, CORS, Range":
                Assert.That(bytes, Is.EqualTo(BodyOf(recorded)[..10]));
                break;
            case null when response.Content.Headers.ContentType!.MediaType == "application/json":
                var expected = JsonNode.Parse(BodyOf(recorded))!;
                WithoutEmptyUploads(expected);
                Assert.That(
                    JsonNode.DeepEquals(JsonNode.Parse(bytes), expected),
                    Is.True,
                    $"{Encoding.UTF8.GetString(bytes)}\nis not\n{expected.ToJsonString()}");
                break;
            default:
                Assert.That(bytes, Is.EqualTo(BodyOf(recorded)));
                break;
        }
    }

    /// <summary>Checks the row "errors".</summary>
    private static void CheckError(HttpResponseMessage response, byte[] bytes)
    {
        Assert.That(response.Content.Headers.ContentType?.ToString(), Is.EqualTo("application/json"));
        var error = JsonNode.Parse(bytes)!;
        Assert.That((string?)error["code"], Is.EqualTo(response.StatusCode switch
        {
            HttpStatusCode.BadRequest => "invalid-usage",
            HttpStatusCode.NotFound => "archive-not-found",
            HttpStatusCode.MethodNotAllowed => "method-not-allowed",
            _ => "no code",
        }));
        Assert.That(error["details"], Is.InstanceOf<JsonObject>());
        Assert.That(
            response.Content.Headers.Allow,
            response.StatusCode == HttpStatusCode.MethodNotAllowed ? Is.Not.Empty : Is.Empty);
    }

    /// <summary>Applies the row "empty upload": the reference stored it, so its lists contain one.</summary>
    private static void WithoutEmptyUploads(JsonNode body)
    {
        if (body is JsonArray list)
            list.RemoveAll(static e => (string?)e!["size"] == "0");
    }

    /// <summary>Applies the row "ETag": a request that repeats the reference's ETag repeats this registry's.</summary>
    private static string ReplaceTag(
        string value, string id) => id == "get.ifnonematch" ? $"\"{SampleArchive.Id}\"" : value;

    /// <summary>
    /// Stores all archives that the reference's lists show, with their times. Where the recording has no bytes, other
    /// bytes of the same length are stored under the digest, which the storage does not verify.
    /// </summary>
    private static async Task FillAsync(IBlobStore blobs)
    {
        var known = Records.Value.SelectMany(
            static r => new[] { (string?)r["request"]!["body"], (string?)r["response"]!["body"] })
            .Append("one").Where(static b => b is not null).Select(static b => Encoding.Latin1.GetBytes(b!)).Append(
                await SampleArchive.BytesAsync())
            .DistinctBy(SHA256.HashData, new HashComparer()).ToDictionary(
                static b => Digest.FromHash(SHA256.HashData(b)));
        foreach (var id in (string[])["list", "list.ws.twice"])
        {
            var list =
                JsonNode.Parse(BodyOf(Records.Value.Single(r => (string)r["id"]! == id)["response"]!))!.AsArray();
            foreach (var entry in list.Where(static e => (string?)e!["size"] != "0"))
            {
                var name = (string)entry!["name"]!;
                var digest = Digest.Parse(name[^(Digest.HexLength + 4)..^4]);
                Assert.That(Workspace.TryDerive("//" + name[..^(Digest.HexLength + 4)], out var workspace));
                await using var writer = await blobs.CreateAsync(workspace.Scope, default);
                await writer.WriteAsync(
                    known.GetValueOrDefault(digest)
                        ?? new byte[int.Parse((string)entry["size"]!, CultureInfo.InvariantCulture)],
                    default);
                var microseconds = long.Parse((string)entry["generation"]!, CultureInfo.InvariantCulture);
                await writer.CommitAsync(
                    digest, DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond), default);
            }
        }
    }

    private static byte[] BodyOf(JsonNode response) => (string?)response["body_b64"] is { } base64
        ? Convert.FromBase64String(base64)
        : Encoding.UTF8.GetBytes((string)response["body"]!);

    private static string? RecordedHeader(JsonNode response, string name) =>
        response["headers"]!.AsArray()
            .Where(h => (string?)h![0] == name)
            .Select(static h => (string?)h![1])
            .SingleOrDefault();

    private sealed class HashComparer : IEqualityComparer<byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => BitConverter.ToInt32(obj);
    }
}
