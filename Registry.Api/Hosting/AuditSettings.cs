using Registry.Api.Files;

namespace Registry.Api.Hosting;

/// <summary>Section <c>Audit</c>: where events are recorded.</summary>
public sealed class AuditSettings : ISettings
{
    /// <summary>The name of the section.</summary>
    internal const string Section = "Audit";

    /// <summary>The path of a file to which every event is appended, as a line of JSON.</summary>
    /// <value>Default empty: none. The log has every event anyway.</value>
    public string File { get; set; } = "";

    /// <inheritdoc/>
    public IEnumerable<string> Errors()
    {
        if (File.Length == 0)
            yield break;
        if (RegularFile.ProblemOf(File) is { } other)
            yield return $"AUDIT__FILE is '{File}': {other}.";
        else if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(File))))
            yield return $"AUDIT__FILE is '{File}'; expected the path of a file in a folder that exists.";
    }
}
