using System.Text.Json.Nodes;

namespace Registry.Tests.Support.Replay;

/// <summary>A request to a reference server and its response.</summary>
/// <param name="Id">The topic; several exchanges may share one.</param>
/// <param name="Key">The id, with a number if it repeats: unique within the recording.</param>
/// <param name="Method">The request method.</param>
/// <param name="Path">The path and query of the request, as sent.</param>
/// <param name="RequestHeaders">The request headers.</param>
/// <param name="RequestBody">The request body; null for none.</param>
/// <param name="Status">The status; 0 if the server closed the connection without a response.</param>
/// <param name="Headers">The response headers.</param>
/// <param name="Text">The response body if it is text; otherwise null.</param>
/// <param name="Bytes">The response body if it is binary; otherwise null.</param>
internal sealed record RecordedExchange(
    string Id,
    string Key,
    string Method,
    string Path,
    IReadOnlyDictionary<string, string> RequestHeaders,
    string? RequestBody,
    int Status,
    IReadOnlyDictionary<string, string> Headers,
    string? Text,
    byte[]? Bytes)
{
    /// <summary>The response as JSON. Each access returns a new object, which the caller may change.</summary>
    public JsonNode Json => JsonNode.Parse(Text!)!;

    public override string ToString() => $"{Key}: {Method} {Path}";

    public static RecordedExchange Parse(string line, Func<string, string> keyOf)
    {
        var exchange = JsonNode.Parse(line)!;
        var (request, response) = (exchange["request"]!, exchange["response"]!);
        var id = (string)exchange["id"]!;
        return new RecordedExchange(
            id,
            keyOf(id),
            (string)request["method"]!,
            (string)request["path"]!,
            request["headers"]!.AsObject().ToDictionary(header => header.Key, header => (string)header.Value!),
            (string?)request["body"],
            (int?)response["status"] ?? 0,
            response["headers"]?.AsArray().ToDictionary(header => (string)header![0]!, header => (string)header![1]!)
                ?? [],
            (string?)response["body"],
            response["body_b64"] is { } base64 ? Convert.FromBase64String((string)base64!) : null);
    }
}
