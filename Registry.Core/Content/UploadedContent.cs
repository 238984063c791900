using Registry.Core.Storage;

namespace Registry.Core.Content;

/// <summary>What an upload turned out to be.</summary>
/// <param name="ContentDigest">
/// The sha256 of the gunzipped tar: what the CNR protocol calls the package's digest.
/// </param>
/// <param name="StoredDigest">The sha256 of the bytes as they were pushed, which names the blob.</param>
/// <param name="Size">The bytes as they were pushed.</param>
public sealed record UploadedContent(Digest ContentDigest, Digest StoredDigest, long Size);
