
namespace Registry.Core.Errors;

/// <summary>
/// A request that the registry refuses: the caller's to mend, told in words that may reach a client. A fault of the
/// storage is a <see cref="Storage.StorageException"/> instead and never becomes one of these.
/// </summary>
/// <param name="code">What is wrong.</param>
/// <param name="message">One sentence for people; holds nothing that the client did not say or may not know.</param>
/// <param name="details">The same for programs, by name; a null value is sent as null.</param>
public sealed class RegistryException(
    ErrorCode code, string message, params (string Name, object? Value)[] details) : Exception(message)
{
    /// <summary>What is wrong.</summary>
    public ErrorCode Code { get; } = code;

    /// <summary>The same for programs.</summary>
    public IReadOnlyList<(string Name, object? Value)> Details { get; } = details;
}

/// <summary>
/// Everything that a request can be refused for. Each API maps all of them to its statuses and texts in one table.
/// </summary>
public enum ErrorCode
{
    /// <summary>The request is not understood: a field is missing, of the wrong type or not JSON.</summary>
    InvalidUsage,

    /// <summary>The request is understood and its content is not acceptable.</summary>
    InvalidParameters,

    /// <summary>A release, or release query, that is none.</summary>
    InvalidRelease,

    /// <summary>The client may not do this.</summary>
    Forbidden,

    /// <summary>No such package, release of it in a media type, or blob.</summary>
    PackageNotFound,

    /// <summary>No release of the package answers the query.</summary>
    ReleaseNotFound,

    /// <summary>No such channel.</summary>
    ChannelNotFound,

    /// <summary>No such app archive.</summary>
    ArchiveNotFound,

    /// <summary>The release exists already in this media type.</summary>
    PackageExists,

    /// <summary>Too many writers at one package: try again.</summary>
    ResourceInUse,

    /// <summary>The request is larger than the configured limit.</summary>
    RequestTooLarge,

    /// <summary>
    /// The outcome of a write is not known, or the registry is starting or short of memory for transfers: check, then
    /// try again.
    /// </summary>
    Unavailable,
}
