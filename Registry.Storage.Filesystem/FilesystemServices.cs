using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Registry.Core.Settings;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>Registers the filesystem backend.</summary>
public static class FilesystemServices
{
    /// <summary>
    /// Adds the stores over the folder of the section <c>Filesystem</c>. The options are validated on startup.
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
        services.AddSingleton<IUploadStore, FilesystemUploadStore>();
        services.AddSingleton<IStorageProbe, FilesystemProbe>();
        return services;
    }

    /// <summary>
    /// Opens the folder for reading only: it must contain a registry, may be on read-only media, and nothing in it is
    /// created or changed.
    /// </summary>
    public static IServiceCollection OpenFilesystemReadOnly(this IServiceCollection services) =>
        services.PostConfigure<FilesystemOptions>(static options => options.ReadOnly = true);
}
