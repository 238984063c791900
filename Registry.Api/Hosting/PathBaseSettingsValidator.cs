using Microsoft.Extensions.Options;
using Registry.Api.Health;
using Registry.Api.Http;
using Registry.Api.Ui;

namespace Registry.Api.Hosting;

/// <summary>Requires a path, and one that no path of the registry begins with.</summary>
/// <param name="protocols">The owners of paths.</param>
internal sealed class PathBaseSettingsValidator(ApiProtocols protocols) : IValidateOptions<PathBaseSettings>
{
    /// <summary>The paths that no protocol owns.</summary>
    private static readonly PathString[] Pages =
        ["/swagger", "/openapi", HealthController.AlivePath, HealthController.ReadyPath, IconController.Path];

    public ValidateOptionsResult Validate(string? name, PathBaseSettings options)
    {
        if (PathBaseSettings.Parse(options.Value) is not { } prefix)
            return ValidateOptionsResult.Fail(
                $"{PathBaseSettings.Setting} is '{options.Value}'; a path of letters, digits and - . _ ~ is expected, "
                    + "such as /registry.");
        return prefix.HasValue && protocols.Paths.Concat(Pages).Any(path => Overlap(path, prefix))
            ? ValidateOptionsResult.Fail(
                $"{PathBaseSettings.Setting} is '{options.Value}'; it must not begin like a path of the registry "
                    + "itself, such as /api/v1.")
            : ValidateOptionsResult.Success;
    }

    private static bool Overlap(PathString one, PathString other) =>
        one.StartsWithSegments(other) || other.StartsWithSegments(one);
}
