using Microsoft.Extensions.Options;

namespace Registry.Api.Hosting;

/// <summary>Requires limits above 0.</summary>
internal sealed class LimitSettingsValidator : IValidateOptions<LimitSettings>
{
    public ValidateOptionsResult Validate(string? name, LimitSettings options)
    {
        (string Name, long Value)[] limits =
        [
            ("LIMITS__REQUESTBYTES", options.RequestBytes),
            ("LIMITS__ARCHIVEBYTES", options.ArchiveBytes),
            ("LIMITS__PACKAGEBYTES", options.PackageBytes),
            ("LIMITS__UNPACKEDBYTES", options.UnpackedBytes),
            ("LIMITS__RATIO", options.Ratio),
            ("LIMITS__RATIOFLOORBYTES", options.RatioFloorBytes),
            ("LIMITS__TARENTRIES", options.TarEntries),
            ("LIMITS__METADATABYTES", options.MetadataBytes),
            ("LIMITS__INDEXBYTES", options.IndexBytes),
            ("LIMITS__WORKSPACEPARTS", options.WorkspaceParts),
            ("LIMITS__BLOBBYTES", options.BlobBytes),
            ("LIMITS__UPLOADS", options.Uploads),
        ];
        return ValidationResults.Of(limits
            .Where(static limit => limit.Value <= 0)
            .Select(static limit => $"{limit.Name} is {limit.Value}; it must be above 0."));
    }
}
