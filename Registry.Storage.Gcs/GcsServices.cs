using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Registry.Core.Packages;
using Registry.Core.Settings;
using Registry.Core.Storage;
using Registry.Core.Telemetry;

namespace Registry.Storage.Gcs;

/// <summary>Registers the Google Cloud Storage backend.</summary>
public static class GcsServices
{
    /// <summary>
    /// Adds the stores over the bucket in section <c>Gcs</c>. The options are validated at startup. The first call
    /// opens the connection.
    /// </summary>
    public static IServiceCollection AddGcsStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<GcsOptions, GcsOptionsValidator>(configuration, GcsOptions.Section)
            .Configure(options => options.EmulatorHost = configuration[GcsOptions.EmulatorSetting])
            .Configure(options => options.DefaultCredentialsFile = configuration[GcsOptions.DefaultCredentialsSetting]);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<GcsOptions>>().Value);
        services.AddSingleton(provider => new GcsNames(provider.GetRequiredService<GcsOptions>().Prefix));
        services.AddSingleton(static provider => new GcsService(
            provider.GetRequiredService<GcsOptions>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<ILogger<GcsService>>() ?? NullLogger<GcsService>.Instance));
        services.TryAddSingleton<StorageRetries>();
        services.AddSingleton<GcsClient>();
        services.AddSingleton<GcsStaging>();
        services.AddSingleton(static provider => new GcsTouches(
            provider.GetRequiredService<TimeProvider>(),
            GcsTouches.WindowFor((provider.GetService<CollectionOptions>() ?? new CollectionOptions()).Grace)));
        services.AddSingleton(static provider => GcsRefresh.For(
            (provider.GetService<CollectionOptions>() ?? new CollectionOptions()).StagedIdle));
        services.AddSingleton<IDocumentStore, GcsDocumentStore>();
        services.AddSingleton<IBlobStore, GcsBlobStore>();
        services.AddSingleton<IUploadStore, GcsUploadStore>();
        services.AddSingleton<IStorageProbe, GcsProbe>();
        return services;
    }
}
