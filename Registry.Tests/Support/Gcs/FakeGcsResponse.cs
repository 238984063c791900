using System.Text;
using System.Text.Json.Nodes;

namespace Registry.Tests.Support.Gcs;

/// <summary>A response that has not been sent: a test may still drop it.</summary>
internal sealed record FakeGcsResponse(int Status)
{
    public Dictionary<string, string> Headers { get; init; } = [];

    public byte[] Body { get; init; } = [];

    public string ContentType { get; init; } = "application/json; charset=UTF-8";

    /// <summary>The media; null where <see cref="Body"/> is the response.</summary>
    public Stream? Media { get; init; }

    public long From { get; init; }

    public long Length { get; init; }

    public static FakeGcsResponse NotModified { get; } = new(304);

    public static FakeGcsResponse PreconditionFailed { get; } =
        Error(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");

    public static FakeGcsResponse TooManyChanges { get; } =
        Error(
            429,
            "rateLimitExceeded",
            "The object exceeded the rate limit for object mutation operations (create, update, and delete).");

    public static FakeGcsResponse NoBucket { get; } = Error(404, "notFound", "The specified bucket does not exist.");

    public static FakeGcsResponse Json(
        JsonNode body, int status = 200) => new(status) { Body = Encoding.UTF8.GetBytes(body.ToJsonString()) };

    public static FakeGcsResponse NoObject(
        string bucket, string name) => Error(404, "notFound", $"No such object: {bucket}/{name}");

    public static FakeGcsResponse Error(int status, string reason, string message) => Json(
        new JsonObject
        {
            ["error"] = new JsonObject
            {
                ["code"] = status,
                ["message"] = message,
                ["errors"] =
                    new JsonArray(new JsonObject { ["message"] = message, ["domain"] = "global", ["reason"] = reason }),
            },
        },
        status);

    /// <summary>
    /// Returns the response of the metadata server that gives a machine in Google Cloud its identity.
    /// </summary>
    public static FakeGcsResponse Metadata(IReadOnlyList<string> path, string? token)
    {
        var response = path[^1] switch
        {
            "token" =>
                Json(new JsonObject { ["access_token"] = token, ["expires_in"] = 3600, ["token_type"] = "Bearer" }),
            "universe-domain" =>
                new FakeGcsResponse(200) { Body = "googleapis.com"u8.ToArray(), ContentType = "text/plain" },
            _ => new FakeGcsResponse(200),
        };
        return response with { Headers = new Dictionary<string, string> { ["Metadata-Flavor"] = "Google" } };
    }

    public static FakeGcsResponse Page(int status) =>
        new(status) { ContentType = "text/html", Body = Encoding.UTF8.GetBytes($"<html><body>{status}</body></html>") };

    /// <summary>Returns the plain-text form of an error, which media requests get.</summary>
    public FakeGcsResponse AsText() => Status < 400 || Body.Length == 0
        ? this
        : this with
        {
            ContentType = "text/html; charset=UTF-8",
            Body = Encoding.UTF8.GetBytes((string?)JsonNode.Parse(Body)?["error"]?["message"] ?? "")
        };
}
