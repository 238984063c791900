using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Registry.Core.Tokens;

namespace Registry.Api.Tokens;

/// <summary>A token as clients see it.</summary>
/// <param name="Id">The id.</param>
/// <param name="Name">The name.</param>
/// <param name="Scopes">The scopes, in their shortest form.</param>
/// <param name="CreatedAt">When it was issued.</param>
/// <param name="ExpiresAt">When it expires; null if never.</param>
/// <param name="LastUsed">The day of its last use (UTC), best effort; null if unknown.</param>
/// <param name="Issuer">Who issued it.</param>
/// <param name="Token">The token itself, only in the response that issues it; otherwise absent.</param>
internal sealed record TokenJson(
    string Id,
    string Name,
    IReadOnlyList<string> Scopes,
    DateTime CreatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] DateTime? ExpiresAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] DateOnly? LastUsed,
    string Issuer,
    string? Token)
{
    /// <summary>Returns the wire form of a token without its secret.</summary>
    public static TokenJson Of(AccessToken token) => new(
        token.Id.Value,
        token.Name.Value,
        [.. token.Scopes.Scopes.Select(static scope => scope.ToString())],
        token.CreatedAt.UtcDateTime,
        token.ExpiresAt?.UtcDateTime,
        token.LastUsed,
        token.Issuer,
        Token: null);

    /// <summary>Returns the wire form of a token that was just issued.</summary>
    public static TokenJson Of(IssuedToken issued) => Of(issued.Token) with { Token = issued.Secret.Text };

    /// <summary>Returns the JSON of a token on one line, in which letters of any alphabet are not escaped.</summary>
    public static string Line(AccessToken token)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(
            json, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            JsonSerializer.Serialize(writer, Of(token), TokenJsonContext.Default.TokenJson);
        return Encoding.UTF8.GetString(json.ToArray());
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TokenJson))]
[JsonSerializable(typeof(IReadOnlyList<TokenJson>))]
internal sealed partial class TokenJsonContext : JsonSerializerContext;
