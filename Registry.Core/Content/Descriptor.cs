using Registry.Core.Storage;

namespace Registry.Core.Content;

/// <summary>The content of a manifest.</summary>
/// <param name="MediaType">Its kind.</param>
/// <param name="Digest">
/// CNR's digest: the sha256 of the <em>gunzipped</em> tar. Two gzip streams of one tar share it.
/// </param>
/// <param name="BlobDigest">The sha256 of the stored bytes, the .tar.gz as it was pushed: the name of the blob.</param>
/// <param name="Size">The length of the stored bytes.</param>
public sealed record Descriptor(MediaType MediaType, Digest Digest, Digest BlobDigest, long Size);
