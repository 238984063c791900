namespace Registry.Api.Hosting;

/// <summary>Section <c>Audit</c>: where events are recorded.</summary>
public sealed class AuditSettings
{
    /// <summary>The name of the section.</summary>
    internal const string Section = "Audit";

    /// <summary>The path of a file to which every event is appended, as a line of JSON.</summary>
    /// <value>Default empty: none. The log has every event anyway.</value>
    public string File { get; set; } = "";
}
