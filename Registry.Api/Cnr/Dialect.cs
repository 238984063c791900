namespace Registry.Api.Cnr;

/// <summary>
/// A generation of the CNR protocol: 0.2.7 at <c>/api/v1/packages</c>, or 0.7.4 (appr) at
/// <c>/cnr/api/v1/packages</c>. They differ only in these properties.
/// </summary>
/// <param name="Root">The prefix of this generation's paths: empty or <see cref="ApprRoot"/>.</param>
/// <param name="Vendor">The vendor in media types.</param>
/// <param name="Schema">The schema version in media types.</param>
/// <param name="VersionKey">The property of <c>/version</c>.</param>
/// <param name="Version">The version of the protocol, not of the product.</param>
/// <param name="PullNamesMediaType">Whether the JSON form of a pull contains the media type.</param>
internal sealed record Dialect(
    string Root, string Vendor, string Schema, string VersionKey, string Version, bool PullNamesMediaType)
{
    /// <summary>The root of <see cref="Appr"/>.</summary>
    public const string ApprRoot = "/cnr";

    /// <summary>cn-app-registry.</summary>
    public static Dialect Cnr { get; } = new("", "cnr", "v1", "cnr-api", "0.2.7", PullNamesMediaType: false);

    /// <summary>appr.</summary>
    public static Dialect Appr { get; } = new(ApprRoot, "appr", "v0", "appr-api", "0.7.4", PullNamesMediaType: true);

    /// <summary>Returns the generation of a request, by its path.</summary>
    public static Dialect Of(
        HttpRequest request) => request.Path.StartsWithSegments(Appr.Root, StringComparison.Ordinal) ? Appr : Cnr;
}
