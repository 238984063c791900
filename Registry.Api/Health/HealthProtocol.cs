using Registry.Api.Http;

namespace Registry.Api.Health;

/// <summary>
/// The health checks. They have their own protocol name, so that client metrics and alerts can exclude them.
/// </summary>
internal sealed class HealthProtocol() : ApiProtocol(HealthController.AlivePath, HealthController.ReadyPath)
{
    /// <inheritdoc/>
    public override string Name => "health";
}

/// <summary>Composition of the health checks.</summary>
internal static class HealthServices
{
    /// <summary>Adds what the health checks need.</summary>
    public static IServiceCollection AddHealth(this IServiceCollection services) =>
        services.AddSingleton<ApiProtocol, HealthProtocol>().AddSingleton<StorageReadiness>();
}
