using Microsoft.Extensions.Options;

namespace Registry.Api.Hosting;

/// <summary>Requires a file in a folder that exists.</summary>
internal sealed class AuditSettingsValidator : IValidateOptions<AuditSettings>
{
    public ValidateOptionsResult Validate(string? name, AuditSettings options) => ValidationResult.Of(
        options.File.Length == 0 || IsInFolder(options.File)
            ? []
            : [$"AUDIT__FILE is '{options.File}'; expected the path of a file in a folder that exists."]);

    private static bool IsInFolder(string file) =>
        !Directory.Exists(file) && Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file)));
}
