using System.Text.Json.Nodes;

namespace Registry.Tests.Support.Deploy;

/// <summary>One rendered Kubernetes overlay.</summary>
internal sealed class Overlay
{
    private readonly string name;

    public Overlay(string name)
    {
        this.name = name;
        var rendered = Kustomization.Render(Path.Combine(Folder, "overlays", name));
        (Objects, Files) = (rendered.Objects, rendered.Files);
        Deployment = Single("Deployment");
        Pod = Deployment["spec"]!["template"]!["spec"]!.AsObject();
        Container = Pod["containers"]!.AsArray().Single()!.AsObject();
    }

    /// <summary>The root of the Kubernetes manifests.</summary>
    public static string Folder { get; } = Path.Combine(RegistryProcess.Root, "deploy", "kubernetes");

    /// <summary>All overlays.</summary>
    public static IEnumerable<Overlay> All => Directory.GetDirectories(Path.Combine(Folder, "overlays"))
        .Select(static folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal).Select(
            static name => new Overlay(name));

    public IReadOnlyList<JsonObject> Objects { get; }

    public IReadOnlyCollection<string> Files { get; }

    public JsonObject Deployment { get; }

    public JsonObject Pod { get; }

    /// <summary>The pod's only container.</summary>
    public JsonObject Container { get; }

    public IEnumerable<JsonObject> Environment =>
        Container["env"]!.AsArray().Select(static variable => variable!.AsObject());

    /// <summary>The labels of the pods.</summary>
    public JsonNode PodLabels => Deployment["spec"]!["template"]!["metadata"]!["labels"]!;

    /// <summary>Returns the only object of a kind.</summary>
    public JsonObject Single(string kind) => Objects.Single(item => $"{item["kind"]}" == kind);

    /// <summary>
    /// Returns a variable's plain value or its value from a ConfigMap of the overlay; null for a Secret or if absent.
    /// </summary>
    public string? ValueOf(string variable)
    {
        var found = Environment.FirstOrDefault(candidate => $"{candidate["name"]}" == variable);
        if (found?["value"] is { } plain)
            return plain.GetValue<string>();
        return found?["valueFrom"]?["configMapKeyRef"] is { } key
            ? Objects.Single(
                item =>
                    $"{item["kind"]}" == "ConfigMap"
                        && $"{item["metadata"]!["name"]}"
                            == $"{key["name"]}")["data"]![$"{key["key"]}"]!.GetValue<string>()
            : null;
    }

    public override string ToString() => name;
}
