using System.Text.Json.Nodes;

namespace Registry.Tests.Support.Replay;

/// <summary>One question that was put to a reference server, and its answer.</summary>
/// <param name="Id">What it was about; several may share one.</param>
/// <param name="Key">The id, with a number where several share it: unique in its recording.</param>
/// <param name="Method">Of the request.</param>
/// <param name="Path">Path and query of the request, as they were on the wire.</param>
/// <param name="RequestHeaders">Of the request.</param>
/// <param name="RequestBody">Null for none.</param>
/// <param name="Status">0 where the server hung up without an answer.</param>
/// <param name="Headers">Of the answer.</param>
/// <param name="Text">The answer's body where it is text.</param>
/// <param name="Bytes">The answer's body where it is not.</param>
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
    /// <summary>The answer as JSON. Each call makes a new one, which the caller may change.</summary>
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
