using Microsoft.Extensions.Options;
using Registry.Api.Http;
using Registry.Api.Ui;

namespace Registry.Api.Hosting;

/// <summary>Requires a path that does not overlap a path of the registry.</summary>
/// <param name="protocols">The protocols, which own paths.</param>
internal sealed class PathBaseSettingsValidator(ApiProtocols protocols) : IValidateOptions<PathBaseSettings>
{
    /// <summary>The paths that no protocol owns.</summary>
    private static readonly PathString[] Pages = ["/swagger", "/openapi", IconController.Path];

    public ValidateOptionsResult Validate(string? name, PathBaseSettings options)
    {
        if (PathBaseSettings.Parse(options.Value) is not { } prefix)
            return ValidateOptionsResult.Fail(
                $"{PathBaseSettings.Setting} is '{options.Value}'; expected a path of letters, digits and - . _ ~, "
                    + "such as /registry.");
        return prefix.HasValue && protocols.Paths.Concat(Pages).Any(path => Overlap(path, prefix))
            ? ValidateOptionsResult.Fail(
                $"{PathBaseSettings.Setting} is '{options.Value}'; it must not overlap a path of the registry, such as "
                    + "/api/v1.")
            : ValidateOptionsResult.Success;
    }

    private static bool Overlap(PathString one, PathString other) =>
        one.StartsWithSegments(other) || other.StartsWithSegments(one);
}
