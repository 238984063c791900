using System.Collections.Frozen;
using Registry.Api.Http.Errors;
using Registry.Core.Errors;

namespace Registry.Api.Helm;

/// <summary>
/// The errors of Helm repositories: the statuses of ChartMuseum, where it has one for the same error. An unknown
/// address often means that <c>helm repo add</c> was given the address of the registry without a path.
/// </summary>
internal static class HelmErrorTable
{
    private const string NoRepository =
        $"This is not the address of a Helm repository. Use {HelmProtocol.Root}/NAMESPACE for the packages of a "
            + $"namespace, {HelmProtocol.Root}/NAMESPACE/-/CHANNEL for a channel, and {HelmProtocol.Root} for packages "
            + "without a namespace.";

    /// <summary>The table.</summary>
    public static ErrorTable Instance { get; } = new(
        ErrorTable.Default.Refusals.ToFrozenDictionary(
            static entry => entry.Key, static entry => (StatusOf(entry.Key) ?? entry.Value.Status, entry.Value.Code)),
        ErrorTable.Default.Statuses.ToFrozenDictionary(
            static entry => entry.Key,
            static entry => entry.Key == StatusCodes.Status404NotFound
                ? (entry.Value.Code, NoRepository)
                : entry.Value));

    private static int? StatusOf(ErrorCode code) => code switch
    {
        ErrorCode.InvalidParameters or ErrorCode.InvalidRelease => StatusCodes.Status400BadRequest,
        ErrorCode.IndexFull => StatusCodes.Status413PayloadTooLarge,
        _ => null,
    };
}
