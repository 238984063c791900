using System.Collections.Frozen;
using Registry.Api.Http.Errors;
using Registry.Core.Errors;

namespace Registry.Api.Helm;

/// <summary>
/// The errors of Helm repositories: the statuses of ChartMuseum, where it has one for the same error.
/// </summary>
internal static class HelmErrorTable
{
    /// <summary>The table.</summary>
    public static ErrorTable Instance { get; } = new(
        ErrorTable.Default.Refusals.ToFrozenDictionary(
            static entry => entry.Key, static entry => (StatusOf(entry.Key) ?? entry.Value.Status, entry.Value.Code)),
        ErrorTable.Default.Statuses);

    private static int? StatusOf(ErrorCode code) => code switch
    {
        ErrorCode.InvalidParameters or ErrorCode.InvalidRelease => StatusCodes.Status400BadRequest,
        ErrorCode.IndexFull => StatusCodes.Status413PayloadTooLarge,
        _ => null,
    };
}
