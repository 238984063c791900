using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Tokens;

namespace Registry.Core.Maintenance;

/// <summary>A problem that an operator should know of, on one line.</summary>
/// <param name="Subject">
/// The package, with release, media type and digest if they matter, or the key of an archive. Contains no line breaks.
/// </param>
/// <param name="Problem">The problem, worded to follow the subject.</param>
public sealed record Finding(string Subject, string Problem)
{
    /// <summary>Creates a finding about the index of a package.</summary>
    public static Finding Of(PackageName package, string problem) => new($"package {package}", problem);

    /// <summary>Creates a finding about the content of a release.</summary>
    public static Finding Of(PackageName package, Manifest manifest, string problem) =>
        new(
            $"package {package} release {manifest.Release} {manifest.MediaType} blob {manifest.Content.StoredDigest}",
            problem);

    /// <summary>
    /// Creates a finding about an app archive. The stored key is escaped, so that any workspace fits on one line.
    /// </summary>
    public static Finding OfArchive(BlobKey archive, string problem) => new($"archive {archive}", problem);

    /// <summary>Creates a finding about a token.</summary>
    public static Finding Of(TokenId token, string problem) => new($"token {token}", problem);

    /// <summary>
    /// Creates a finding about a document or scope that does not belong to a package, an archive or a token.
    /// </summary>
    public static Finding Of(StoreKey key, string problem) => new($"key {key}", problem);

    /// <summary>Returns subject and problem on one line.</summary>
    public override string ToString() => $"{Subject}: {Problem}";
}
