using System.Text.Json.Nodes;
using NJsonSchema;
using NSwag;
using Registry.Api.Tokens;
using Registry.Core.Access;
using Registry.Core.Errors;
using Registry.Core.Tokens;

namespace Registry.Api.OpenApi;

/// <summary>The notes on the operations of tokens. They exist only where requests need tokens.</summary>
internal static class TokenOperations
{
    private const string Id = "4kq07zt1m5xw";

    private static readonly RegistryException Unknown = AccessTokens.NotFound(Id);

    public static (Type Controller, string Action, OperationNotes Notes)[] All { get; } =
    [
        (
            typeof(TokensController),
            nameof(TokensController.IssueAsync),
            Of("IssueToken", NewTokenReader.MissingName, TokenErrors.MayNotGive([SampleScope()])) with
        {
            Example = _ => Token(isIssued: true),
            Schema = static (document, _) =>
                ObjectSchemas.Define(document, "IssuedToken", static () => TokenSchema(isIssued: true)),
            Body = static _ => new OpenApiRequestBody
            {
                Description = "The properties of the token.",
                IsRequired = true,
                Content =
                {
                    ["application/json"] = new OpenApiMediaType
                    {
                        Schema = BodySchema(),
                        Example = ObjectSchemas.Value(new JsonObject
                        {
                            ["name"] = "ci",
                            ["scopes"] = new JsonArray($"{SampleScope()}"),
                            ["expires_in"] = "90d",
                        }),
                    },
                },
            },
        }),
        (typeof(TokensController), nameof(TokensController.ListAsync), Of("ListTokens") with
        {
            Example = _ => new JsonArray(Token()),
            Schema = static (document, _) => ObjectSchemas.ArrayOf(Define(document), "Tokens, by id."),
        }),
        (typeof(TokensController), nameof(TokensController.ShowSelfAsync), Shown("ShowOwnToken")),
        (typeof(TokensController), nameof(TokensController.ShowAsync), Shown("ShowToken")),
        (typeof(TokensController), nameof(TokensController.RevokeAsync), Of("RevokeToken", Unknown)),
    ];

    /// <summary>The pattern of the id of a token: see <see cref="TokenId"/>.</summary>
    public const string IdPattern = "^[0-9a-z]{12}$";

    /// <summary>The id in the examples.</summary>
    public static string SampleId => Id;

    private static OperationNotes Of(string name, params IReadOnlyList<RegistryException> refusals) =>
        new(name, refusals) { HasEntityTag = false, ClientName = null };

    private static OperationNotes Shown(string name) => Of(name, Unknown) with
    {
        Example = _ => Token(),
        Schema = static (document, _) => Define(document),
    };

    private static JsonSchema Define(OpenApiDocument document) =>
        ObjectSchemas.Define(document, "Token", static () => TokenSchema());

    private static Scope SampleScope() =>
        ScopePattern.TryParse($"{Sample.Namespace}/**", out var pattern, out var problem)
            ? new Scope(pattern, AccessActions.Pull | AccessActions.Push)
            : throw new FormatException(problem);

    private static JsonObject Token(bool isIssued = false)
    {
        var token = new JsonObject
        {
            ["id"] = Id,
            ["name"] = "ci",
            ["scopes"] = new JsonArray($"{SampleScope()}"),
            ["created_at"] = "2026-11-22T08:12:06Z",
            ["expires_at"] = "2027-02-20T08:12:06Z",
            ["last_used"] = isIssued ? null : "2026-11-23",
            ["issuer"] = "administrator",
        };
        if (isIssued)
            token["token"] = $"reg_{Id}_…";
        return token;
    }

    private static JsonSchema TokenSchema(bool isIssued = false)
    {
        var members = new Dictionary<string, JsonSchemaProperty>
        {
            ["id"] = ObjectSchemas.Text("The id, which is not secret."),
            ["name"] = ObjectSchemas.Text("The name."),
            ["scopes"] = Scopes("What the holder may do, in its shortest form."),
            ["created_at"] = ObjectSchemas.Text("When it was issued."),
            ["expires_at"] = OrNull("When it expires; null if never."),
            ["last_used"] = OrNull("The day of its last use (UTC), best effort; null if unknown."),
            ["issuer"] = ObjectSchemas.Text("`administrator`, `command`, or `token` with the id of one."),
        };
        if (isIssued)
            members["token"] = ObjectSchemas.Text("The token. It is not shown again.");
        return ObjectSchemas.Object("A token.", members);
    }

    private static JsonSchema BodySchema() => ObjectSchemas.Object(
        "A request for a token.",
        new()
        {
            ["name"] = ObjectSchemas.Text("The display name of the token."),
            ["scopes"] = Scopes("What the holder may do: patterns and actions, such as `team/**=pull,push`."),
            ["expires_in"] = ObjectSchemas.Text("Minutes, hours or days, such as `30m`, `12h` or `90d`, or `never`."),
        });

    private static JsonSchemaProperty Scopes(string description) =>
        new() { Type = JsonObjectType.Array, Item = ObjectSchemas.Text(), Description = description };

    private static JsonSchemaProperty OrNull(string description)
    {
        var schema = ObjectSchemas.Text(description);
        schema.IsNullableRaw = true;
        return schema;
    }
}
