using System.Buffers;
using Microsoft.Extensions.Options;

namespace Registry.Api.Hosting;

/// <summary>Requires patterns that can match the name of a package.</summary>
internal sealed class ReleaseSettingsValidator : IValidateOptions<ReleaseSettings>
{
    private static readonly SearchValues<char> Characters =
        SearchValues.Create("*-./0123456789?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

    public ValidateOptionsResult Validate(string? name, ReleaseSettings options) => ValidationResults.Of(options.Entries
        .Where(static entry => entry.AsSpan().ContainsAnyExcept(Characters))
        .Select(
            static entry =>
                $"RELEASES__MUTABLE contains '{entry}'; expected the name of a package such as team/app, or a pattern "
                    + "such as dev/*."));
}
