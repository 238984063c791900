using Registry.Core.Artifacts;
using Registry.Core.Storage;

namespace Registry.Api.Ui;

/// <summary>
/// Tags with which older versions of Cosign attach signatures and attestations to a manifest:
/// <c>sha256-DIGEST.KIND</c>, such as <c>.sig</c>.
/// </summary>
internal static class CosignTag
{
    private const string Prefix = "sha256-";

    /// <summary>Returns the manifest to which a tag attaches something, and what; null for another tag.</summary>
    public static (Digest Subject, string Kind)? Parse(TagName tag) =>
        tag.Value.StartsWith(Prefix, StringComparison.Ordinal)
            && tag.Value[Prefix.Length..].Split('.') is [var digest, var kind]
            && Digest.TryParse(digest, out var subject)
            ? (subject, kind)
            : null;
}
