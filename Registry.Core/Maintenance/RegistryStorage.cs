using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>Everything that one registry stores: both ports of one backend.</summary>
/// <param name="Documents">The documents.</param>
/// <param name="Blobs">The blobs.</param>
public sealed record RegistryStorage(IDocumentStore Documents, IBlobStore Blobs)
{
    /// <summary>How long the index of a package may be. The defaults unless it is set.</summary>
    public IndexLimits IndexLimits { get; init; } = new();
}
