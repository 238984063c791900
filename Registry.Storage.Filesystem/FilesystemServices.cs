using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Registry.Core.Settings;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>Composition of the filesystem backend.</summary>
public static class FilesystemServices
{
    /// <summary>
    /// Adds both stores over the folder that the section <c>Filesystem</c> names; the options are validated at start.
    /// </summary>
    public static IServiceCollection AddFilesystemStorage(
        this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<FilesystemOptions, FilesystemOptionsValidator>(configuration, FilesystemOptions.Section);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new FilesystemVolume(
            provider.GetRequiredService<IOptions<FilesystemOptions>>().Value,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IDocumentStore, FilesystemDocumentStore>();
        services.AddSingleton<IBlobStore, FilesystemBlobStore>();
        services.AddSingleton<IStorageProbe, FilesystemProbe>();
        return services;
    }

    /// <summary>
    /// Opens the folder to be read and no more: it must hold a registry, may be on read-only media, and nothing in it
    /// is made or changed.
    /// </summary>
    public static IServiceCollection OpenFilesystemReadOnly(this IServiceCollection services) =>
        services.PostConfigure<FilesystemOptions>(static options => options.ReadOnly = true);
}
