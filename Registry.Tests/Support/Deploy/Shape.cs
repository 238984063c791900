using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Registry.Tests.Support.Deploy;

/// <summary>
/// The schema of Kubernetes objects, as far as <c>deploy/kubernetes</c> uses it: <c>Data/kubernetes-shapes.yaml</c>.
/// A member whose name ends with <c>!</c> is required; members that are not listed are not allowed.
/// </summary>
internal static partial class Shape
{
    private static readonly JsonObject Shapes =
        Yaml.Read(Path.Combine(AppContext.BaseDirectory, "Data", "kubernetes-shapes.yaml"));

    /// <summary>Returns the schema errors of an object; none if it is valid.</summary>
    public static IEnumerable<string> Errors(JsonObject item)
    {
        var kind = $"{item["kind"]}";
        return Shapes[kind] is { } shape ? Errors(shape, item, kind) : [$"Unknown kind '{kind}'."];
    }

    private static IEnumerable<string> Errors(JsonNode? shape, JsonNode? value, string path)
    {
        if (shape is JsonObject members)
            return value is JsonObject item ? MemberErrors(members, item, path) : [$"{path} is not a mapping."];
        if (shape is JsonArray { Count: 1 } each)
            return value is JsonArray list
                ? list.SelectMany((inner, at) => Errors(each[0], inner, $"{path}[{at}]"))
                : [$"{path} is not a list."];
        var expected = $"{shape}";
        return expected.StartsWith('$') ? Errors(Shapes[expected[1..]], value, path)
            : Fits(expected, value) ? []
            : [$"{path} is {value?.ToJsonString() ?? "null"}; expected {expected}."];
    }

    private static IEnumerable<string> MemberErrors(JsonObject members, JsonObject item, string path)
    {
        foreach (var (name, inner) in members)
        {
            var plain = name.TrimEnd('!');
            if (item.TryGetPropertyValue(plain, out var value))
                foreach (var error in Errors(inner, value, $"{path}.{plain}"))
                    yield return error;
            else if (plain != name)
                yield return $"{path}: required member {plain} is missing.";
        }

        foreach (var (name, _) in item)
            if (!members.ContainsKey(name) && !members.ContainsKey($"{name}!"))
                yield return $"{path}: unknown member {name}.";
    }

    private static bool Fits(string expected, JsonNode? value) => (expected, value?.GetValueKind()) switch
    {
        ("text", JsonValueKind.String) => true,
        ("number" or "port", JsonValueKind.Number) => true,
        // A port by name.
        ("port", JsonValueKind.String) => true,
        ("truth", JsonValueKind.True or JsonValueKind.False) => true,
        ("texts", JsonValueKind.Object) =>
            value!.AsObject().All(static member => member.Value?.GetValueKind() == JsonValueKind.String),
        ("quantity", JsonValueKind.String) => Quantity().IsMatch(value!.GetValue<string>()),
        (var one, JsonValueKind.String) => one.Split('|').Contains(value!.GetValue<string>()),
        _ => false,
    };

    [GeneratedRegex(@"^[0-9]+(m|Ki|Mi|Gi)?\z")]
    private static partial Regex Quantity();
}
