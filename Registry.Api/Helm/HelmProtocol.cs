using System.Text.Json;
using Registry.Api.Http;
using Registry.Api.Http.Errors;
using Registry.Core.Access;
using Registry.Core.Catalog;
using Registry.Core.Packages;
using Registry.Core.Repositories;

namespace Registry.Api.Helm;

/// <summary>Helm repositories, and the API of ChartMuseum for them.</summary>
internal sealed class HelmProtocol() : ApiProtocol(Root, RootIndex)
{
    /// <summary>The path of the repositories.</summary>
    public const string Root = "/helm";

    /// <summary>
    /// Where Helm looks for an index when it was given the address of the registry. There is none; the error says where
    /// the repositories are.
    /// </summary>
    private const string RootIndex = "/index.yaml";

    /// <inheritdoc/>
    public override string Name => "helm";

    /// <inheritdoc/>
    public override ErrorTable Errors => HelmErrorTable.Instance;

    /// <inheritdoc/>
    /// <remarks>A file name may match several packages, because names and versions may contain hyphens.</remarks>
    public override IEnumerable<AccessResource> ResourcesOf(HttpContext context)
    {
        var values = context.Request.RouteValues;
        var place = ChartPathsMiddleware.Split((string)values["namespace"]!);
        if (!ChartRepository.IsNamespace(place))
            return [];
        if (values["name"] is string name)
            return PackageName.TryCreate(place, name, out var package) ? [AccessResource.Package(package.Value)] : [];
        if (values["file"] is string file)
            return ChartRepository.OwnersOf(place, file)
                .Select(static owner => AccessResource.Package(owner.Package.Value));
        return [AccessResource.Package(place)];
    }

    /// <inheritdoc/>
    /// <remarks>ChartMuseum clients print this one member.</remarks>
    public override void WriteError(Utf8JsonWriter json, ErrorResponse error)
    {
        json.WriteStartObject();
        json.WriteString("error", error.Message);
        json.WriteEndObject();
    }
}

/// <summary>Composition of Helm repositories.</summary>
internal static class HelmServices
{
    /// <summary>Adds what Helm repositories need.</summary>
    public static IServiceCollection AddHelm(this IServiceCollection services) => services
        .AddSingleton<ApiProtocol, HelmProtocol>()
        .AddSingleton<ChartIndexes>()
        .AddSingleton<ChartRepository>()
        .AddSingleton<ChartBodies>();
}
