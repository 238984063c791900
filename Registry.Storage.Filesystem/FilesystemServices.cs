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
    /// Opens the folder for a command. One that only reads may find it on read-only media, and creates or changes
    /// nothing in it; the folder must then contain a registry. One that writes must not leave files that the service
    /// cannot use.
    /// </summary>
    public static IServiceCollection OpenFilesystemForCommand(this IServiceCollection services, bool writes) =>
        services.PostConfigure<FilesystemOptions>(
            options => (options.ReadOnly, options.IsCommand) = (!writes, true));
}
