namespace Registry.Core.Charts;

/// <summary>A dependency in a Chart.yaml, as it is decoded.</summary>
internal sealed class ChartDependency
{
    private static readonly string[] Fields =
        ["name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias"];

    private string version = "";
    private string repository = "";
    private string condition = "";
    private IReadOnlyList<string> tags = [];
    private bool enabled;
    private IReadOnlyList<YamlValue> importValues = [];

    /// <summary>The name of the chart.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The name that replaces it; empty for none.</summary>
    public string Alias { get; private set; } = "";

    /// <summary>Decodes a dependency.</summary>
    /// <exception cref="ChartFormatException">Helm rejects it.</exception>
    public static ChartDependency Decode(YamlValue value, string path)
    {
        var dependency = new ChartDependency();
        foreach (var (key, entry) in GoValueDecoder.Entries(value, path))
            dependency.Decode(GoValueDecoder.FieldOf(key, Fields), entry, path);
        return dependency;
    }

    /// <summary>Writes the dependency as Helm does, which always writes name and repository.</summary>
    public void Write(ChartJson json)
    {
        json.BeginObject();
        json.Name("name").Text(ChartText.Clean(Name));
        json.Field("version", ChartText.Clean(version));
        json.Name("repository").Text(ChartText.Clean(repository));
        json.Field("condition", ChartText.Clean(condition));
        json.Field("tags", tags.Select(ChartText.Clean));
        json.Field("enabled", enabled);
        json.Field("import-values", importValues, GoValueDecoder.WriteAny);
        json.Field("alias", Alias);
        json.EndObject();
    }

    private void Decode(string? field, YamlValue value, string path)
    {
        var at = $"{path}.{field}";
        switch (field)
        {
            case "name":
                Name = GoValueDecoder.Text(value, at, Name);
                break;
            case "version":
                version = GoValueDecoder.Text(value, at, version);
                break;
            case "repository":
                repository = GoValueDecoder.Text(value, at, repository);
                break;
            case "condition":
                condition = GoValueDecoder.Text(value, at, condition);
                break;
            case "tags":
                tags = GoValueDecoder.Texts(value, at);
                break;
            case "enabled":
                enabled = GoValueDecoder.Boolean(value, at, enabled);
                break;
            case "import-values":
                GoValueDecoder.RequireJson(value, at);
                importValues = GoValueDecoder.List(value, at, static (item, _) => item);
                break;
            case "alias":
                Alias = GoValueDecoder.Text(value, at, Alias);
                break;
            default:
                GoValueDecoder.RequireJson(value, path);
                break;
        }
    }
}
