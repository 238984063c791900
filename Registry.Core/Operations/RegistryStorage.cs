using Registry.Core.Storage;

namespace Registry.Core.Operations;

/// <summary>Everything that one registry stores: both ports of one backend.</summary>
/// <param name="Documents">The documents.</param>
/// <param name="Blobs">The blobs.</param>
public sealed record RegistryStorage(IDocumentStore Documents, IBlobStore Blobs);
