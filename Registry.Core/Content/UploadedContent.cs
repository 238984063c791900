using Registry.Core.Storage;

namespace Registry.Core.Content;

/// <summary>The result of an accepted upload.</summary>
/// <param name="StoredDigest">The sha256 of the bytes as they were pushed, which names the blob.</param>
/// <param name="Size">The length of the bytes as they were pushed.</param>
/// <param name="TarDigest">The sha256 of the gunzipped tar: what CNR calls the digest.</param>
/// <param name="File">The file that the upload looked for; null when it looked for none.</param>
public sealed record UploadedContent(Digest StoredDigest, long Size, Digest TarDigest, FoundFile? File = null);
