using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Registry.Tests.Support.Deploy;

/// <summary>
/// The form of an object of Kubernetes, as far as <c>deploy/kubernetes</c> uses it: <c>Data/kubernetes-shapes.yaml</c>.
/// A member whose name ends with <c>!</c> must be there, and no member may be that is not named.
/// </summary>
internal static partial class Shape
{
    private static readonly JsonObject Shapes =
        Yaml.Read(Path.Combine(AppContext.BaseDirectory, "Data", "kubernetes-shapes.yaml"));

    /// <summary>What is wrong with an object; nothing when it has its shape.</summary>
    public static IEnumerable<string> Errors(JsonObject item)
    {
        var kind = $"{item["kind"]}";
        return Shapes[kind] is { } shape ? Errors(shape, item, kind) : [$"'{kind}' is no known kind."];
    }

    private static IEnumerable<string> Errors(JsonNode? shape, JsonNode? value, string path)
    {
        if (shape is JsonObject members)
            return value is JsonObject item ? MemberErrors(members, item, path) : [$"{path} is no mapping."];
        if (shape is JsonArray { Count: 1 } each)
            return value is JsonArray list
                ? list.SelectMany((inner, at) => Errors(each[0], inner, $"{path}[{at}]"))
                : [$"{path} is no list."];
        var expected = $"{shape}";
        return expected.StartsWith('$') ? Errors(Shapes[expected[1..]], value, path)
            : Fits(expected, value) ? []
            : [$"{path} is {value?.ToJsonString() ?? "null"}, and not {expected}."];
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
                yield return $"{path} has no {plain}.";
        }

        foreach (var (name, _) in item)
            if (!members.ContainsKey(name) && !members.ContainsKey($"{name}!"))
                yield return $"{path} has {name}, which it does not know.";
    }

    private static bool Fits(string expected, JsonNode? value) => (expected, value?.GetValueKind()) switch
    {
        ("text", JsonValueKind.String) => true,
        ("number" or "port", JsonValueKind.Number) => true,
        // A port by its name.
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
