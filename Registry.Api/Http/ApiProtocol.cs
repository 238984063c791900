using System.Text.Json;
using Registry.Api.Http.Errors;
using Registry.Core.Access;

namespace Registry.Api.Http;

/// <summary>
/// An API of the registry: the paths that it owns, its errors, and whether its responses may be compressed.
/// Each is registered as a singleton of this type by the folder that implements it.
/// </summary>
/// <param name="paths">The paths that it owns, with everything below them.</param>
internal abstract class ApiProtocol(params IReadOnlyList<PathString> paths)
{
    /// <summary>
    /// The paths that it owns, with everything below them. Case matters. The longest path that matches decides.
    /// </summary>
    public IReadOnlyList<PathString> Paths => paths;

    /// <summary>The name in events and logs, such as <c>oci</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Whether it also serves what no protocol owns. Exactly one does.</summary>
    public virtual bool IsDefault => false;

    /// <summary>The status, code and message of each error.</summary>
    public virtual ErrorTable Errors => ErrorTable.Default;

    /// <summary>Whether a JSON response may be compressed when the client accepts it.</summary>
    public virtual bool AllowsCompression => true;

    /// <summary>
    /// Whether its endpoints limit the bodies that they read, each by its own limit. Otherwise the limit of all
    /// requests applies.
    /// </summary>
    public virtual bool LimitsBodies => false;

    /// <summary>
    /// Returns the reason phrase of an error, for clients that show the status line instead of the body; null for the
    /// usual one.
    /// </summary>
    public virtual string? ReasonOf(ErrorResponse error) => null;

    /// <summary>
    /// Returns what a request is about: the caller needs the right that the endpoint states for one of these. None when
    /// the request names nothing that can exist; the right for anything then suffices.
    /// </summary>
    /// <param name="context">The request. It has been routed.</param>
    public virtual IEnumerable<AccessResource> ResourcesOf(HttpContext context) => [];

    /// <summary>Returns the protocol of a request: that of its endpoint, or else the owner of its path.</summary>
    public static ApiProtocol Of(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<ApiProtocol>()
            ?? context.RequestServices.GetRequiredService<ApiProtocols>().OwnerOf(context.Request.Path);

    /// <summary>
    /// Writes an error as a page for people, with its status and headers. By default does nothing.
    /// </summary>
    /// <returns>False if the error must be written as JSON.</returns>
    public virtual ValueTask<bool> TryWritePageAsync(HttpContext context, ErrorResponse error) =>
        ValueTask.FromResult(false);

    /// <summary>Writes the body of an error. By default <c>{"code","message","details"}</c>.</summary>
    public virtual void WriteError(Utf8JsonWriter json, ErrorResponse error)
    {
        json.WriteStartObject();
        ErrorMembers.Write(json, error);
        json.WriteEndObject();
    }
}
