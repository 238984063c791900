namespace Registry.Core.Storage;

/// <summary>What storage knows of a blob.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Length">Bytes.</param>
/// <param name="UploadedAt">
/// When it was uploaded, in whole microseconds: each commit sets it anew, above that of the entry that it replaces. A
/// commit may say a time of its own, as moving a registry does.
/// </param>
/// <param name="Revision">Changes at each commit.</param>
public sealed record BlobInfo(BlobKey Key, long Length, DateTimeOffset UploadedAt, Revision Revision);
