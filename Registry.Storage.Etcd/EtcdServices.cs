using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Registry.Core.Settings;
using Registry.Core.Storage;
using Registry.Core.Telemetry;

namespace Registry.Storage.Etcd;

/// <summary>Registers the etcd storage.</summary>
public static class EtcdServices
{
    /// <summary>
    /// Adds the stores over the cluster in section <c>Etcd</c>. The options are validated at startup.
    /// </summary>
    public static IServiceCollection AddEtcdStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<EtcdOptions, EtcdOptionsValidator>(configuration, EtcdOptions.Section);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new EtcdKeys(OptionsOf(provider).Prefix));
        services.TryAddSingleton<StorageRetries>();
        services.AddSingleton(provider => new EtcdClient(
            OptionsOf(provider),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<StorageRetries>()));
        services.AddSingleton<EtcdUploads>();
        services.AddSingleton<IDocumentStore, EtcdDocumentStore>();
        services.AddSingleton<IBlobStore, EtcdBlobStore>();
        services.AddSingleton<IUploadStore, EtcdUploadStore>();
        services.AddSingleton<IStorageProbe, EtcdProbe>();
        return services;
    }

    private static EtcdOptions OptionsOf(
        IServiceProvider provider) => provider.GetRequiredService<IOptions<EtcdOptions>>().Value;
}
