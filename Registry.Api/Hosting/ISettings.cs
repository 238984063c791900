namespace Registry.Api.Hosting;

/// <summary>The settings of a section, which know their own rules.</summary>
public interface ISettings
{
    /// <summary>Returns the errors in the values for the operator, one sentence each; none if they are valid.</summary>
    IEnumerable<string> Errors();
}
