using System.Text.Json;
using Registry.Api.Http;
using Registry.Api.Http.Errors;
using Registry.Core.Access;

namespace Registry.Api.Oci;

/// <summary>The OCI distribution API.</summary>
internal sealed class OciProtocol() : ApiProtocol(Root)
{
    /// <summary>The path of the API.</summary>
    public const string Root = "/v2";

    /// <summary>Some clients and proxies limit the length of a status line.</summary>
    private const int MaxReasonLength = 400;

    /// <inheritdoc/>
    public override string Name => "oci";

    /// <inheritdoc/>
    public override ErrorTable Errors => OciErrorTable.Instance;

    /// <inheritdoc/>
    /// <remarks>Go clients always accept gzip, and read the length of a manifest from <c>Content-Length</c>.</remarks>
    public override bool AllowsCompression => false;

    /// <inheritdoc/>
    public override bool LimitsBodies => true;

    /// <inheritdoc/>
    /// <remarks>Helm 3 shows the status line of a rejected push, and nothing of the body.</remarks>
    public override string? ReasonOf(ErrorResponse error) =>
        error.Status < StatusCodes.Status500InternalServerError
            ? string.Concat(error.Message.Take(MaxReasonLength).Select(static c => c is >= ' ' and <= '~' ? c : '?'))
            : null;

    /// <inheritdoc/>
    public override IEnumerable<AccessResource> ResourcesOf(HttpContext context)
    {
        if (context.Request.RouteValues["name"] is not string name)
            return [AccessResource.Package("")];
        return RepositoryName.TryParse(JoinedPath.Split(name), out var package)
            ? [AccessResource.Package(package.Value)]
            : [];
    }

    /// <inheritdoc/>
    public override void WriteError(Utf8JsonWriter json, ErrorResponse error)
    {
        json.WriteStartObject();
        json.WriteStartArray("errors");
        json.WriteStartObject();
        ErrorMembers.Write(json, error, details: "detail");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }
}

/// <summary>Composition of the OCI distribution API.</summary>
internal static class OciServices
{
    /// <summary>Adds what the OCI distribution API needs.</summary>
    public static IServiceCollection AddOci(this IServiceCollection services) =>
        services.AddSingleton<ApiProtocol, OciProtocol>();
}
