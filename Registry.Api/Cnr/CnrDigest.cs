using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Api.Cnr;

/// <summary>The digest by which CNR identifies content: the sha256 of the gunzipped tar.</summary>
internal static class CnrDigest
{
    /// <summary>Returns the digest of content.</summary>
    /// <exception cref="InvalidOperationException">The content is not a gzipped tar.</exception>
    public static Digest Of(ContentDescriptor content) =>
        content.TarDigest
        ?? throw new InvalidOperationException($"Content {content.StoredDigest} is not a gzipped tar.");
}
