using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Registry.Core.Settings;
using Registry.Core.Storage;

namespace Registry.Storage.Redis;

/// <summary>Registers the Redis storage.</summary>
public static class RedisServices
{
    /// <summary>
    /// Adds the stores over the server in section <c>Redis</c>. The options are validated at startup. The first call
    /// opens the connection.
    /// </summary>
    public static IServiceCollection AddRedisStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<RedisOptions, RedisOptionsValidator>(configuration, RedisOptions.Section);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new RedisConnection(
            provider.GetRequiredService<IOptions<RedisOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(
            provider => new RedisKeys(provider.GetRequiredService<IOptions<RedisOptions>>().Value.Prefix));
        services.AddSingleton<IDocumentStore, RedisDocumentStore>();
        services.AddSingleton<IBlobStore, RedisBlobStore>();
        services.AddSingleton<IUploadStore, RedisUploadStore>();
        services.AddSingleton<IStorageProbe, RedisProbe>();
        return services;
    }
}
