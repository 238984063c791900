using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Registry.Tests.Support.Gcs;

/// <summary>
/// Copies of objects within a bucket. The service ends a long copy early with a token, by which the client continues
/// it.
/// </summary>
internal sealed partial class FakeGcsCopies(string folder)
{
    private const int MiB = 1024 * 1024;

    /// <summary>The bytes rewritten so far by each unfinished copy, by its token and parameters.</summary>
    private readonly ConcurrentDictionary<string, long> unfinished = new();

    /// <summary>
    /// Whether copies have to move bytes, as between storage classes. Otherwise each takes one request, whatever its
    /// size.
    /// </summary>
    public bool MovesBytes { get; set; }

    public async Task<FakeGcsResponse> RewriteAsync(FakeGcsBucket bucket, FakeGcsRequest request)
    {
        var resource = await request.ReadJsonAsync();
        if (request.Path[3] != request.Path[8])
            throw new InvalidOperationException("The fake copies within one bucket only.");
        var perCall = request.Number("maxBytesRewrittenPerCall") ?? long.MaxValue;
        if (perCall < MiB || (perCall != long.MaxValue && perCall % MiB != 0))
            return FakeGcsResponse.Error(400, "invalid", "maxBytesRewrittenPerCall must be a multiple of 1 MiB.");
        var conditions = FakeGcsConditions.Of(request);
        if (bucket.OpenSource(request, request.Path[5], out var missing) is not { } source)
            return missing!;
        await using var bytes = source.Bytes;
        if (bucket.Evaluate(request.Name, conditions) is { } refusal)
            return refusal;

        var copy = string.Join(
            '\n', [.. request.Path, $"{source.Generation}", $"{conditions}", resource.ToJsonString()]);
        long before = 0;
        if (request.Query("rewriteToken") is { } token && !unfinished.TryRemove($"{token}\n{copy}", out before))
            return FakeGcsResponse.Error(400, "invalid", "The rewrite token does not belong to this request.");
        var size = source.Bytes.Length;
        var rewritten = MovesBytes ? Math.Min(size, before + perCall) : size;
        var response = new JsonObject
        {
            ["kind"] = "storage#rewriteResponse",
            ["totalBytesRewritten"] = Text(rewritten),
            ["objectSize"] = Text(size),
            ["done"] = rewritten == size,
        };
        if (rewritten < size)
        {
            var next = Guid.NewGuid().ToString("n");
            unfinished[$"{next}\n{copy}"] = rewritten;
            response["rewriteToken"] = next;
            return FakeGcsResponse.Json(response);
        }

        var content = new FakeGcsContent(folder);
        await content.AppendAllAsync(bytes, request.Aborted);
        var fields = request.Query("fields") is { } wanted ? ResourceFields().Match(wanted).Groups[1].Value : null;
        var placed = bucket.Place(request.Name, conditions, resource, content, fields);
        if (placed.Status != 200)
        {
            content.Dispose();
            return placed;
        }

        response["resource"] = JsonNode.Parse(placed.Body);
        return FakeGcsResponse.Json(response);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"resource\(([^)]*)\)")]
    private static partial Regex ResourceFields();
}
