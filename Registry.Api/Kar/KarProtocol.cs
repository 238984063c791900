using Registry.Api.Http;
using Registry.Core.Access;
using Registry.Core.Archives;
using Registry.Core.Errors;

namespace Registry.Api.Kar;

/// <summary>KAR. Its errors have the default form, with CNR's codes and <c>archive-not-found</c>.</summary>
internal sealed class KarProtocol() : ApiProtocol("/api/v1")
{
    /// <inheritdoc/>
    public override string Name => "kar";

    /// <inheritdoc/>
    public override IEnumerable<AccessResource> ResourcesOf(HttpContext context)
    {
        try
        {
            return Workspace.TryDerive(WorkspaceQuery.Read(context.Request.QueryString.Value), out var workspace)
                ? [AccessResource.Workspace(workspace.Name)]
                : [];
        }
        catch (RegistryException exception) when (exception.Code == ErrorCode.InvalidUsage)
        {
            // It is not UTF-8: the action rejects it.
            return [];
        }
    }
}

/// <summary>Composition of KAR.</summary>
internal static class KarServices
{
    /// <summary>Adds what KAR needs.</summary>
    public static IServiceCollection AddKar(this IServiceCollection services) =>
        services.AddSingleton<ApiProtocol, KarProtocol>();
}
