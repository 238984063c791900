using Registry.Core.Storage;

namespace Registry.Core.Content;

/// <summary>Describes the content of a release in one media type.</summary>
/// <param name="MediaType">The media type of the package.</param>
/// <param name="StoredDigest">The sha256 of the stored bytes, which names the blob.</param>
/// <param name="Size">The length of the stored bytes.</param>
/// <param name="TarDigest">
/// The sha256 of the gunzipped tar, which several gzip streams can share: what CNR calls the digest. Null for a content
/// that is not a gzipped tar.
/// </param>
public sealed record ContentDescriptor(MediaType MediaType, Digest StoredDigest, long Size, Digest? TarDigest);
