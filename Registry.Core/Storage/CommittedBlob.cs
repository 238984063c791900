namespace Registry.Core.Storage;

/// <summary>The result of committing a blob.</summary>
/// <param name="Info">The blob after this commit.</param>
/// <param name="IsNew">True when the commit created the blob; false when it touched an existing blob.</param>
/// <param name="Epoch">The epoch of the commit; null when the storage has no epochs.</param>
public sealed record CommittedBlob(BlobInfo Info, bool IsNew, StorageEpoch? Epoch = null);
