using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Registry.Tests.Api;

/// <summary>The OpenAPI document of a running service, as JSON.</summary>
internal sealed partial class ApiDocument(JsonNode root)
{
    public JsonNode Root { get; } = root;

    public IEnumerable<ApiOperation> Operations =>
        from path in Root["paths"]!.AsObject()
        from method in path.Value!.AsObject()
        select new ApiOperation(this, path.Key, new HttpMethod(method.Key.ToUpperInvariant()), method.Value!);

    public static async Task<ApiDocument> ReadAsync(HttpClient client, string name = "v1") =>
        new(JsonNode.Parse(await client.GetStringAsync($"/openapi/{name}.json"))!);

    public ApiOperation Operation(string id) => Operations.Single(operation => operation.Id == id);

    /// <summary>Resolves a reference; returns the node itself if it is not one.</summary>
    public JsonNode Resolve(JsonNode node) => node is JsonObject && node["$ref"]?.GetValue<string>() is { } reference
        ? reference.Split('/')[1..].Aggregate(Root, (at, name) => at[name] ?? throw new KeyNotFoundException(reference))
        : node;

    /// <summary>Validates a value against a schema; returns the first error, or null if it is valid.</summary>
    public string? Validate(JsonNode? value, JsonNode schemaOrReference, string at = "$")
    {
        var schema = Resolve(schemaOrReference);
        var type = schema["type"]?.GetValue<string>();
        if (schema["enum"] is JsonArray words && !words.Any(word => JsonNode.DeepEquals(word, value)))
            return $"{at} is {value}; expected one of {words}";
        if (schema["oneOf"] is JsonArray forms)
            return forms.Any(form => Validate(value, form!, at) is null) ? null : $"{at} has none of the forms";
        return (type, value) switch
        {
            (null, _) => null,
            ("object", JsonObject members) => ValidateMembers(members, schema, at),
            ("array", JsonArray items) =>
                items.Select((item, i) => Validate(item, schema["items"]!, $"{at}[{i}]"))
                    .FirstOrDefault(error => error is not null),
            ("string", JsonValue text) when text.TryGetValue<string>(out var content) =>
                schema["pattern"] is { } pattern && !Regex.IsMatch(content, pattern.GetValue<string>())
                    ? $"{at} is {content}, which does not match {pattern}"
                    : null,
            ("integer", JsonValue number) when number.TryGetValue<long>(out _) => null,
            ("boolean", JsonValue flag) when flag.TryGetValue<bool>(out _) => null,
            _ => $"{at} is {value?.ToJsonString() ?? "null"}, not of type {type}",
        };
    }

    private string? ValidateMembers(JsonObject members, JsonNode schema, string at)
    {
        foreach (var required in schema["required"]?.AsArray() ?? [])
            if (!members.ContainsKey(required!.GetValue<string>()))
                return $"{at} has no {required}";
        foreach (var (name, value) in members)
            if ((schema["properties"]?[name] ?? schema["additionalProperties"]) is JsonObject shape)
            {
                if (Validate(value, shape, $"{at}.{name}") is { } error)
                    return error;
            }
            else if (schema["properties"] is not null)
            {
                return $"{at} has {name}, which the document does not declare";
            }

        return null;
    }
}

/// <summary>An operation of an OpenAPI document.</summary>
internal sealed partial record ApiOperation(ApiDocument Document, string Path, HttpMethod Method, JsonNode Node)
{
    public string Id => Node["operationId"]!.GetValue<string>();

    public IEnumerable<string> Statuses => Node["responses"]!.AsObject().Select(response => response.Key);

    public IEnumerable<JsonNode> Parameters =>
        Node["parameters"]?.AsArray().Select(parameter => Document.Resolve(parameter!)) ?? [];

    /// <summary>Returns the response description of a status, with references resolved.</summary>
    public JsonNode? Response(
        int status) => Node["responses"]![$"{status}"] is { } response ? Document.Resolve(response) : null;

    /// <summary>Returns the JSON form of a response, the first of several; null if it has none.</summary>
    public JsonNode? Json(int status) =>
        Response(status)?["content"]?.AsObject()
            .FirstOrDefault(static content => content.Key.EndsWith("json", StringComparison.Ordinal)).Value;

    /// <summary>Returns the examples of a JSON response by name.</summary>
    public Dictionary<string, JsonNode?> Examples(int status)
    {
        var json = Json(status);
        return json?["examples"]?.AsObject().ToDictionary(example => example.Key, example => example.Value!["value"])
            ?? (json?["example"] is { } only ? new() { [""] = only } : []);
    }

    /// <summary>Returns the URL with the examples of the document as arguments.</summary>
    /// <param name="values">Values that replace examples, by name; null for none.</param>
    public string Url(Dictionary<string, string>? values = null)
    {
        var path = Placeholder.Replace(Path, match =>
        {
            var name = match.Groups[1].Value;
            return Uri.EscapeDataString(values?.GetValueOrDefault(name) ?? Example(name));
        });
        var query = Parameters.Where(parameter => Is(parameter, "in", "query"))
            .Select(
                parameter =>
                    (Name: parameter["name"]!.GetValue<string>(), Value: parameter["example"]?.GetValue<string>()))
            .Select(
                parameter => parameter with { Value = values?.GetValueOrDefault(parameter.Name) ?? parameter.Value })
            .Where(parameter => parameter.Value is not null)
            .Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value!)}");
        return string.Join('?', new[] { path, string.Join('&', query) }.Where(part => part.Length > 0));
    }

    private string Example(string name) =>
        Parameters.Single(
            parameter => Is(parameter, "in", "path") && Is(parameter, "name", name))["example"]!.GetValue<string>();

    private static bool Is(JsonNode node, string member, string value) => node[member]?.GetValue<string>() == value;

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Placeholder { get; }
}
