using Registry.Core.Errors;

namespace Registry.Api.Cnr;

/// <summary>The errors of requests, which the controllers detect before they call a use case.</summary>
internal static class CnrErrors
{
    /// <summary>A push to an invalid package name.</summary>
    public static RegistryException InvalidPackageName(string @namespace, string name) => new(
        ErrorCode.InvalidUsage,
        $"The package name '{@namespace}/{name}' is invalid: namespace and name must each have 1 to 80 letters, "
            + "digits, '.', '_' or '-', and start with a letter, a digit or '_'",
        ("field", "package"),
        ("package", $"{@namespace}/{name}"));

    /// <summary>An invalid page size.</summary>
    public static RegistryException InvalidLimit(string limit) => new(
        ErrorCode.InvalidUsage,
        $"limit is '{limit}'; expected a whole number from 1 to {ListPage.MaxLimit}",
        ("field", "limit"),
        ("limit", limit));

    /// <summary>An invalid channel name.</summary>
    public static RegistryException InvalidChannelName(string channel) => new(
        ErrorCode.InvalidUsage,
        $"The channel name '{channel}' is invalid: expected 1 to 80 letters, digits, '.', '_', '+' or '-', starting "
            + "with a letter, a digit or '_'",
        ("field", "channel"),
        ("channel", channel));

    /// <summary>A push of an invalid release.</summary>
    /// <param name="release">The pushed release; null for the JSON null.</param>
    /// <param name="reason">Why it is invalid.</param>
    public static RegistryException NoRelease(
        string? release, string reason) => new(ErrorCode.InvalidRelease, reason, ("version", release));

    /// <summary>A request for the only media type of a release that has several.</summary>
    public static RegistryException SeveralMediaTypes(params IEnumerable<string> mediaTypes) =>
        new(ErrorCode.InvalidUsage, $"media-type non specified: [{string.Join(',', mediaTypes)}]");

    /// <summary>A push in an invalid media type.</summary>
    public static RegistryException InvalidMediaType(string mediaType) => new(
        ErrorCode.InvalidParameters,
        $"The media type '{mediaType}' is invalid: expected a short name of 1 to 64 lower-case letters, digits, '.', "
            + "'+', '_' or '-', starting with a letter or digit, or a full CNR media type",
        ("field", "media_type"),
        ("media_type", mediaType));
}
