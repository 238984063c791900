using System.Text.Json.Nodes;

namespace Registry.Tests.Support.Deploy;

/// <summary>
/// Renders a folder with a kustomization. It supports only what <c>deploy/kubernetes</c> uses of kustomize.
/// </summary>
internal sealed class Kustomization
{
    /// <summary>The keys that identify list items on merge: the patch merge keys of the Kubernetes API.</summary>
    private static readonly Dictionary<string, string> MergeKeys = new(StringComparer.Ordinal)
    {
        ["containers"] = "name",
        ["env"] = "name",
        ["ports"] = "containerPort",
        ["volumeMounts"] = "mountPath",
        ["volumes"] = "name",
    };

    private static readonly string[] Known =
        ["apiVersion", "kind", "resources", "components", "patches", "configMapGenerator", "labels", "images"];

    private readonly List<JsonObject> objects = [];
    private readonly HashSet<string> files = new(StringComparer.Ordinal);

    /// <summary>The objects after all patches.</summary>
    public IReadOnlyList<JsonObject> Objects => objects;

    /// <summary>Every file that was read, including kustomizations.</summary>
    public IReadOnlyCollection<string> Files => files;

    /// <summary>Reads a folder and everything that it references.</summary>
    /// <exception cref="FormatException">
    /// A referenced file is missing, or kustomize would reject it.
    /// </exception>
    public static Kustomization Render(string folder)
    {
        var rendered = new Kustomization();
        rendered.Add(folder);
        return rendered;
    }

    private void Add(string folder)
    {
        var kustomization = Read(Path.Combine(folder, "kustomization.yaml"));
        if (kustomization.FirstOrDefault(static member => !Known.Contains(member.Key)).Key is { } unknown)
            throw new FormatException($"{folder}: these tests do not support '{unknown}'.");
        foreach (var resource in List(kustomization, "resources"))
            AddResource(Path.GetFullPath(Path.Combine(folder, resource!.GetValue<string>())));
        foreach (var component in List(kustomization, "components"))
            Add(Path.GetFullPath(Path.Combine(folder, component!.GetValue<string>())));
        foreach (var generator in List(kustomization, "configMapGenerator"))
            objects.Add(ConfigMap(generator!.AsObject()));
        foreach (var patch in List(kustomization, "patches"))
            Apply(Read(Path.Combine(folder, patch!["path"]!.GetValue<string>())));
        foreach (var image in List(kustomization, "images"))
            Tag(image!["name"]!.GetValue<string>(), image["newTag"]!.GetValue<string>());
    }

    private void AddResource(string path)
    {
        if (Directory.Exists(path))
            Add(path);
        else
            objects.Add(Read(path));
    }

    private void Apply(JsonObject patch)
    {
        var target = objects.Where(candidate => Identity(candidate) == Identity(patch)).ToList();
        if (target is not [var only])
            throw new FormatException($"The patch of {Identity(patch)} matches {target.Count} objects.");
        Merge(only, patch);
    }

    private void Tag(string image, string tag)
    {
        foreach (var container in objects.SelectMany(
            static item => List(item["spec"]?["template"]?["spec"] as JsonObject, "containers")))
            if (container!["image"]?.GetValue<string>() == image)
                container["image"] = $"{image}:{tag}";
    }

    private JsonObject Read(string path)
    {
        files.Add(Path.GetFullPath(path));
        return Yaml.Read(path);
    }

    private static JsonObject ConfigMap(JsonObject generator) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = generator["name"]!.DeepClone() },
        ["data"] = new JsonObject(List(generator, "literals")
            .Select(static literal => literal!.GetValue<string>().Split('=', 2))
            .Select(static pair => KeyValuePair.Create(pair[0], (JsonNode?)pair[1]))),
    };

    private static void Merge(JsonObject into, JsonObject patch)
    {
        foreach (var (name, value) in patch)
            if (value is JsonObject inner && into[name] is JsonObject known)
                Merge(known, inner);
            else if (value is JsonArray items
                && into[name] is JsonArray list
                && MergeKeys.TryGetValue(name, out var key))
                MergeItems(list, items, key);
            else
                into[name] = value?.DeepClone();
    }

    private static void MergeItems(JsonArray into, JsonArray items, string key)
    {
        foreach (var item in items)
            if (into.FirstOrDefault(known => JsonNode.DeepEquals(known![key], item![key])) is JsonObject known)
                Merge(known, item!.AsObject());
            else
                into.Add(item!.DeepClone());
    }

    private static string Identity(
        JsonObject item) => $"{item["apiVersion"]} {item["kind"]} {item["metadata"]?["name"]}";

    private static JsonArray List(JsonObject? item, string name) => item?[name] as JsonArray ?? [];
}
