using System.Text.Json.Nodes;

namespace Registry.Tests.Support.Replay;

/// <summary>A request to send.</summary>
internal sealed record ReplayStep(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string? Body)
{
    private static readonly Dictionary<string, string> None = [];

    /// <summary>Returns the request of a recorded exchange.</summary>
    public static ReplayStep Of(
        RecordedExchange exchange) =>
        new(exchange.Method, exchange.Path, exchange.RequestHeaders, exchange.RequestBody);

    /// <summary>Returns a push of a small content.</summary>
    public static ReplayStep Push(
        Recording recording, string package, string release, string? mediaType, JsonNode? metadata = null)
    {
        var body = JsonNode.Parse(recording["seed.push2"].RequestBody!)!;
        (body["release"], body["media_type"], body["metadata"]) = (release, mediaType, metadata);
        return new ReplayStep(
            "POST",
            $"{recording.Packages}/{package}",
            new Dictionary<string, string> { ["Content-Type"] = "application/json" },
            body.ToJsonString());
    }

    public static ReplayStep AddToChannel(Recording recording, string package, string channel, string release) =>
        new("POST", $"{recording.Packages}/{package}/channels/{channel}/{release}", None, null);

    /// <summary>Returns a DELETE of a path below the packages.</summary>
    public static ReplayStep Delete(
        Recording recording, string what) => new("DELETE", $"{recording.Packages}/{what}", None, null);
}
