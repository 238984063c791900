using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Repositories;

namespace Registry.Api.Oci;

/// <summary>The errors of invalid requests, which the controllers detect before they call a use case.</summary>
internal static class OciErrors
{
    /// <summary>A name that is not that of a repository.</summary>
    public static RegistryException InvalidName(string name) => new(
        ErrorCode.InvalidName,
        "A repository name must have at most 255 characters, in parts separated by '/': 1 to 80 lower-case letters and "
            + "digits each, with '.', '_', '__' or hyphens between them",
        ("name", name));

    /// <summary>A digest that is malformed, or of an algorithm that is not supported.</summary>
    public static RegistryException InvalidDigest(string? digest) => new(
        ErrorCode.InvalidDigest,
        digest is null
            ? "The request has no parameter 'digest'"
            : "A digest must be 'sha256:' and 64 lower-case hexadecimal digits. This registry supports no other "
                + "algorithm",
        ("digest", digest));

    /// <summary>A tag that cannot be set.</summary>
    public static RegistryException InvalidTag(string tag) => new(
        ErrorCode.InvalidManifest,
        "A tag must have 1 to 128 letters, digits, '.', '_' or '-', and start with a letter, a digit or '_'",
        ("tag", tag));

    /// <summary>A push by digest with too many tags.</summary>
    /// <param name="tags">How many tags the request has.</param>
    public static RegistryException TooManyTags(int tags) => new(
        ErrorCode.UriTooLong,
        $"The request has {tags} parameters 'tag'; expected at most {RepositoryManifests.MaxTags}",
        ("field", "tag"),
        ("tags", tags),
        ("limit", RepositoryManifests.MaxTags));

    /// <summary>A manifest over the limit.</summary>
    public static RegistryException ManifestTooLarge(PackageName package) => new(
        ErrorCode.RequestTooLarge,
        $"The manifest is larger than {RepositoryManifests.MaxManifestBytes} bytes, the limit of this registry",
        ("name", package.Value), ("limit", RepositoryManifests.MaxManifestBytes));

    /// <summary>A page size that is not a number.</summary>
    public static RegistryException InvalidPageSize(string n) => new(
        ErrorCode.InvalidPageSize, $"The parameter 'n' is '{n}'; expected a whole number from 0", ("n", n));

    /// <summary>A <c>Content-Range</c> that is malformed.</summary>
    public static RegistryException InvalidContentRange(string header) => new(
        ErrorCode.InvalidSize,
        "The Content-Range of a chunk must be FIRST-LAST, the offsets of its first and last byte",
        ("range", header));

    /// <summary>A chunk whose length is not that of its <c>Content-Range</c>.</summary>
    public static RegistryException OtherLength(ContentRange range) => new(
        ErrorCode.InvalidSize,
        $"The body does not have the {range.Length} bytes of its Content-Range",
        ("range", range.ToString()));
}
