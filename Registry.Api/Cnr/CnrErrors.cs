using Registry.Core.Errors;

namespace Registry.Api.Cnr;

/// <summary>The errors of invalid names, which the controllers detect before they call a use case.</summary>
internal static class CnrErrors
{
    /// <summary>A push to an invalid package name.</summary>
    public static RegistryException InvalidPackageName(string @namespace, string name) => new(
        ErrorCode.InvalidUsage,
        "A namespace and a name have 1 to 80 letters, digits or . _ - each and begin with a letter, a digit or _",
        ("field", "package"),
        ("package", $"{@namespace}/{name}"));

    /// <summary>An invalid page size.</summary>
    public static RegistryException InvalidLimit(string limit) => new(
        ErrorCode.InvalidUsage,
        $"A limit is a whole number from 1 to {ListPage.MaxLimit}",
        ("field", "limit"),
        ("limit", limit));

    /// <summary>An invalid channel name.</summary>
    public static RegistryException InvalidChannelName(string channel) => new(
        ErrorCode.InvalidUsage,
        "A channel name has 1 to 80 letters, digits or . _ + - and begins with a letter, a digit or _",
        ("field", "channel"),
        ("channel", channel));

    /// <summary>A push of an invalid release.</summary>
    /// <param name="release">The pushed release; null for the JSON null.</param>
    /// <param name="reason">Why it is invalid.</param>
    public static RegistryException NoRelease(
        string? release, string reason) => new(ErrorCode.InvalidRelease, reason, ("version", release));

    /// <summary>A push in an invalid media type.</summary>
    public static RegistryException InvalidMediaType(string mediaType) => new(
        ErrorCode.InvalidParameters,
        "A media type is a short one of 1 to 64 lower-case letters, digits or . + _ - that begins with a letter or "
            + "digit, or a long one of CNR",
        ("field", "media_type"),
        ("media_type", mediaType));
}
