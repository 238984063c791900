using Registry.Core.Errors;

namespace Registry.Core.Catalog;

/// <summary>The errors of the indexes of Helm repositories.</summary>
internal static class ChartIndexErrors
{
    public static RegistryException Incomplete(string @namespace) => new(
        ErrorCode.Unavailable,
        $"The charts of {(@namespace.Length == 0 ? "packages without a namespace" : @namespace)} are being completed "
            + "after an upgrade of the registry: try again",
        ("namespace", @namespace));
}
