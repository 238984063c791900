using Microsoft.Extensions.Options;
using Registry.Storage.Etcd;
using Registry.Storage.Filesystem;
using Registry.Storage.Gcs;
using Registry.Storage.Redis;

namespace Registry.Api.Hosting;

/// <summary>Which storage <c>STORAGE</c> selects. The only place that knows the backends: one line for each.</summary>
internal static class StorageSelection
{
    /// <summary>The setting that selects.</summary>
    public const string Setting = "STORAGE";

    private static readonly (string Name, Action<IServiceCollection, IConfiguration> Add)[] Backends =
    [
        ("filesystem", static (services, configuration) => services.AddFilesystemStorage(configuration)),
        ("redis", static (services, configuration) => services.AddRedisStorage(configuration)),
        ("etcd", static (services, configuration) => services.AddEtcdStorage(configuration)),
        ("gcs", static (services, configuration) => services.AddGcsStorage(configuration)),
    ];

    /// <summary>What there is to select from.</summary>
    public static IEnumerable<string> Names => Backends.Select(static backend => backend.Name);

    /// <summary>Adds both ports of the selected storage; an unset <c>STORAGE</c> is the filesystem.</summary>
    public static void AddStorage(this IServiceCollection services, IConfiguration configuration) => Find(configuration)!.Value.Add(services, configuration);

    /// <summary>
    /// Opens the storage to be read and no more. A server needs nothing for that; a folder is neither made nor written to.
    /// </summary>
    public static void OpenStorageReadOnly(this IServiceCollection services) => services.OpenFilesystemReadOnly();

    /// <summary>What is wrong with the selection, or with the options of the storage that is selected; nothing when it can be used. Connects to nothing.</summary>
    public static IEnumerable<string> Errors(IConfiguration configuration, bool readOnly = false)
    {
        if (Find(configuration) is not { } backend)
            return [$"{Setting} is '{configuration[Setting]}'; it must be one of {string.Join(", ", Names)}."];
        var services = new ServiceCollection();
        backend.Add(services, configuration);
        if (readOnly)
            services.OpenStorageReadOnly();
        using var provider = services.BuildServiceProvider();
        try
        {
            provider.GetRequiredService<IStartupValidator>().Validate();
            return [];
        }
        catch (OptionsValidationException wrong)
        {
            return wrong.Failures;
        }
        catch (InvalidOperationException wrong)
        {
            return [RegistrySettings.Unreadable(wrong)];
        }
    }

    private static (string Name, Action<IServiceCollection, IConfiguration> Add)? Find(IConfiguration configuration)
    {
        var wanted = configuration[Setting];
        if (string.IsNullOrWhiteSpace(wanted))
            return Backends[0];
        foreach (var backend in Backends)
            if (backend.Name.Equals(wanted.Trim(), StringComparison.OrdinalIgnoreCase))
                return backend;
        return null;
    }
}
