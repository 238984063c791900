using System.Buffers;
using System.Globalization;
using Registry.Core.Versions;

namespace Registry.Core.Charts;

/// <summary>The fields of a Chart.yaml as they are decoded, and Helm's rules for them.</summary>
internal sealed class ChartDraft
{
    private const int MaxJsonBytes = 1 << 20;

    private static readonly string[] Fields =
    [
        "name", "home", "sources", "version", "description", "keywords", "maintainers", "icon", "apiVersion",
        "condition", "tags", "appVersion", "deprecated", "annotations", "kubeVersion", "dependencies", "type",
    ];

    private static readonly string[] MaintainerFields = ["name", "email", "url"];

    private static readonly SearchValues<char> AliasCharacters =
        SearchValues.Create("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

    private readonly Dictionary<string, string> annotations = new(StringComparer.Ordinal);
    private string name = "";
    private string home = "";
    private IReadOnlyList<string> sources = [];
    private string version = "";
    private string description = "";
    private IReadOnlyList<string> keywords = [];
    private IReadOnlyList<ChartMaintainer> maintainers = [];
    private string icon = "";
    private string apiVersion = "";
    private string condition = "";
    private string tags = "";
    private string appVersion = "";
    private bool deprecated;
    private string kubeVersion = "";
    private IReadOnlyList<ChartDependency> dependencies = [];
    private string type = "";

    /// <summary>Decodes the entries of a Chart.yaml, in the order in which Go decodes them.</summary>
    /// <exception cref="ChartFormatException">A value is of another type than Helm expects.</exception>
    public static ChartDraft Decode(YamlValue.Mapping chart)
    {
        var draft = new ChartDraft();
        foreach (var (key, value) in chart.Entries)
            draft.Decode(GoValueDecoder.FieldOf(key, Fields) ?? key, value);
        return draft;
    }

    /// <summary>Whether the numbers of a version are small enough for Helm.</summary>
    public static bool HasNumbersOf64Bits(Release release) =>
        IsNumberOf64Bits(release.Parts.Major)
        && IsNumberOf64Bits(release.Parts.Minor)
        && IsNumberOf64Bits(release.Parts.Patch);

    /// <summary>Applies Helm's rules, and requires that the version strictly follows Semantic Versioning 2.</summary>
    /// <exception cref="ChartFormatException">A rule is broken.</exception>
    public void Validate()
    {
        if (ChartText.Clean(name) is not { Length: > 0 } cleanName)
            throw new ChartFormatException("The chart has no name.");
        if (cleanName is "." or ".." || cleanName.Contains('/', StringComparison.Ordinal))
            throw new ChartFormatException(
                $"The chart name {ChartText.Quote(name)} must not contain '/', or be '.' or '..'.");
        if (version.Length == 0)
            throw new ChartFormatException("The chart has no version.");
        if (version.Length > Release.MaxLength)
            throw new ChartFormatException(
                $"The version has {version.Length} characters; expected at most {Release.MaxLength}.");
        if (!Release.TryParse(version, out var release, out _) || !HasNumbersOf64Bits(release))
            throw new ChartFormatException(
                $"The version {ChartText.Quote(version)} is not a semantic version such as 1.2.0.");
        if (type is not ("" or "application" or "library"))
            throw new ChartFormatException(
                $"The type {ChartText.Quote(type)} is neither 'application' nor 'library'.");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var dependency in dependencies)
        {
            if (dependency.Alias.AsSpan().ContainsAnyExcept(AliasCharacters))
                throw new ChartFormatException(
                    $"The dependency alias {ChartText.Quote(dependency.Alias)} may contain only letters, digits, '_' "
                        + "and '-'.");
            var used = dependency.Alias.Length > 0 ? dependency.Alias : ChartText.Clean(dependency.Name);
            if (!names.Add(used))
                throw new ChartFormatException(
                    $"More than one dependency has the name or alias {ChartText.Quote(used)}.");
        }
    }

    /// <summary>Writes the JSON that Helm writes for this chart, in the order of its fields.</summary>
    /// <exception cref="ChartFormatException">
    /// It is too large, or contains a value that JSON cannot represent.
    /// </exception>
    public ReadOnlyMemory<byte> ToJson()
    {
        var json = new ChartJson(MaxJsonBytes);
        json.BeginObject();
        json.Field("name", ChartText.Clean(name));
        json.Field("home", ChartText.Clean(home));
        json.Field("sources", sources.Select(ChartText.Clean));
        json.Field("version", version);
        json.Field("description", ChartText.Clean(description));
        json.Field("keywords", keywords.Select(ChartText.Clean));
        json.Field("maintainers", maintainers, static (json, maintainer) =>
        {
            json.BeginObject();
            json.Field("name", maintainer.Name);
            json.Field("email", maintainer.Email);
            json.Field("url", maintainer.Url);
            json.EndObject();
        });
        json.Field("icon", ChartText.Clean(icon));

        // Helm treats a chart without this field as a chart of Helm 2.
        json.Field("apiVersion", apiVersion.Length == 0 ? "v1" : apiVersion);
        json.Field("condition", ChartText.Clean(condition));
        json.Field("tags", ChartText.Clean(tags));
        json.Field("appVersion", ChartText.Clean(appVersion));
        json.Field("deprecated", deprecated);
        if (annotations.Count > 0)
            json.Name("annotations").Map(annotations);
        json.Field("kubeVersion", ChartText.Clean(kubeVersion));
        json.Field("dependencies", dependencies, static (json, dependency) => dependency.Write(json));
        json.Field("type", type);
        json.EndObject();
        return json.ToUtf8();
    }

    private static bool IsNumberOf64Bits(ReadOnlySpan<char> digits) =>
        ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static ChartMaintainer Maintainer(YamlValue value, string path)
    {
        var (name, email, url) = ("", "", "");
        foreach (var (key, entry) in GoValueDecoder.Entries(value, path))
        {
            switch (GoValueDecoder.FieldOf(key, MaintainerFields))
            {
                case "name":
                    name = GoValueDecoder.Text(entry, $"{path}.name", name);
                    break;
                case "email":
                    email = GoValueDecoder.Text(entry, $"{path}.email", email);
                    break;
                case "url":
                    url = GoValueDecoder.Text(entry, $"{path}.url", url);
                    break;
                default:
                    GoValueDecoder.RequireJson(entry, path);
                    break;
            }
        }

        return new ChartMaintainer(ChartText.Clean(name), ChartText.Clean(email), ChartText.Clean(url));
    }

    private void Decode(string field, YamlValue value)
    {
        switch (field)
        {
            case "name":
                name = GoValueDecoder.Text(value, field, name);
                break;
            case "home":
                home = GoValueDecoder.Text(value, field, home);
                break;
            case "sources":
                sources = GoValueDecoder.Texts(value, field);
                break;
            case "version":
                version = GoValueDecoder.Text(value, field, version);
                break;
            case "description":
                description = GoValueDecoder.Text(value, field, description);
                break;
            case "keywords":
                keywords = GoValueDecoder.Texts(value, field);
                break;
            case "maintainers":
                maintainers = GoValueDecoder.List(value, field, Maintainer);
                break;
            case "icon":
                icon = GoValueDecoder.Text(value, field, icon);
                break;
            case "apiVersion":
                apiVersion = GoValueDecoder.Text(value, field, apiVersion);
                break;
            case "condition":
                condition = GoValueDecoder.Text(value, field, condition);
                break;
            case "tags":
                tags = GoValueDecoder.Text(value, field, tags);
                break;
            case "appVersion":
                appVersion = GoValueDecoder.Text(value, field, appVersion);
                break;
            case "deprecated":
                deprecated = GoValueDecoder.Boolean(value, field, deprecated);
                break;
            case "annotations":
                DecodeAnnotations(value);
                break;
            case "kubeVersion":
                kubeVersion = GoValueDecoder.Text(value, field, kubeVersion);
                break;
            case "dependencies":
                dependencies = GoValueDecoder.List(value, field, ChartDependency.Decode);
                break;
            case "type":
                type = GoValueDecoder.Text(value, field, type);
                break;
            default:
                GoValueDecoder.RequireJson(value, ChartText.Quote(field));
                break;
        }
    }

    private void DecodeAnnotations(YamlValue value)
    {
        if (value is YamlValue.Null)
        {
            annotations.Clear();
            return;
        }

        foreach (var (key, entry) in GoValueDecoder.Entries(value, "annotations"))
            annotations[key] = GoValueDecoder.Text(entry, $"annotations.{ChartText.Quote(key)}");
    }
}
