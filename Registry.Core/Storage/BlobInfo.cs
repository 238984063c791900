namespace Registry.Core.Storage;

/// <summary>Describes a stored blob.</summary>
/// <param name="Key">The name of the blob.</param>
/// <param name="Length">The length in bytes.</param>
/// <param name="UploadedAt">
/// The upload time, in whole microseconds. Each commit sets a later time than the blob had, unless the commit specifies
/// its own time, as a migration does.
/// </param>
/// <param name="Revision">The revision, which changes at each commit.</param>
public sealed record BlobInfo(BlobKey Key, long Length, DateTimeOffset UploadedAt, Revision Revision);
