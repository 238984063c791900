using Microsoft.Extensions.Options;
using Registry.Api.Files;

namespace Registry.Api.Hosting;

/// <summary>Requires a regular file, which need not exist yet, in a folder that exists.</summary>
internal sealed class AuditSettingsValidator : IValidateOptions<AuditSettings>
{
    public ValidateOptionsResult Validate(string? name, AuditSettings options) => ValidationResults.Of(Errors(options));

    private static IEnumerable<string> Errors(AuditSettings options)
    {
        if (options.File.Length == 0)
            yield break;
        if (RegularFile.ProblemOf(options.File) is { } other)
            yield return $"AUDIT__FILE is '{options.File}': {other}.";
        else if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(options.File))))
            yield return $"AUDIT__FILE is '{options.File}'; expected the path of a file in a folder that exists.";
    }
}
