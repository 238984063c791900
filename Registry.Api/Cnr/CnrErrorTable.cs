using Registry.Api.Http.Errors;
using Registry.Core.Errors;

namespace Registry.Api.Cnr;

/// <summary>
/// The errors of CNR, with the messages of the reference servers where they have one: clients show them.
/// </summary>
internal static class CnrErrorTable
{
    /// <summary>The table.</summary>
    public static ErrorTable Instance { get; } =
        new(ErrorTable.Default.Refusals, ErrorTable.Default.Statuses, MessageOf);

    private static string MessageOf(RegistryException refusal)
    {
        return refusal.Code switch
        {
            ErrorCode.PackageNotFound =>
                $"package {Detail("package")} doesn't exist, v: {Detail("release")}, type: {Detail("media_type")}",
            ErrorCode.ReleaseNotFound when refusal.Details.Any(static detail => detail.Name == "release_query") =>
                $"No release match '{Detail("release_query")}' for package '{Detail("package")}'",
            ErrorCode.ReleaseNotFound => $"Release {Detail("release")} doesn't exist for package {Detail("package")}",
            ErrorCode.ChannelNotFound => $"No channel '{Detail("channel")}' found for package '{Detail("package")}'",
            _ => refusal.Message,
        };

        // The reference servers are written in Python.
        object Detail(string name) => refusal.Details.FirstOrDefault(detail => detail.Name == name).Value ?? "None";
    }
}
