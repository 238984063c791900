using Registry.Api.Http;

namespace Registry.Api.Kar;

/// <summary>KAR. Its errors have the default form, with CNR's codes and <c>archive-not-found</c>.</summary>
internal sealed class KarProtocol() : ApiProtocol("/api/v1");

/// <summary>Composition of KAR.</summary>
internal static class KarServices
{
    /// <summary>Adds what KAR needs.</summary>
    public static IServiceCollection AddKar(this IServiceCollection services) =>
        services.AddSingleton<ApiProtocol, KarProtocol>();
}
