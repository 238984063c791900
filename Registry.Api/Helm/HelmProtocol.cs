using System.Text.Json;
using Registry.Api.Http;
using Registry.Api.Http.Errors;
using Registry.Core.Catalog;
using Registry.Core.Repositories;

namespace Registry.Api.Helm;

/// <summary>Helm repositories, and the API of ChartMuseum for them.</summary>
internal sealed class HelmProtocol() : ApiProtocol(Root)
{
    /// <summary>The path of the repositories.</summary>
    public const string Root = "/helm";

    /// <inheritdoc/>
    public override ErrorTable Errors => HelmErrorTable.Instance;

    /// <inheritdoc/>
    /// <remarks>Clients of ChartMuseum print the one member.</remarks>
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
