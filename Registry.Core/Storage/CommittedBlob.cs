namespace Registry.Core.Storage;

/// <summary>What a commit of a blob did.</summary>
/// <param name="Info">The blob as this commit left it.</param>
/// <param name="IsNew">
/// True when the commit created the blob; false when the blob was there already and was touched.
/// </param>
/// <param name="Epoch">The epoch of the storage in which the commit happened; null where the storage has none.</param>
public sealed record CommittedBlob(BlobInfo Info, bool IsNew, StorageEpoch? Epoch = null);
