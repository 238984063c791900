using System.Diagnostics.Metrics;
using Registry.Core.Settings;
using Registry.Core.Storage;
using Registry.Core.Telemetry;
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

    /// <summary>The service key of the backend's own stores.</summary>
    private const string BackendKey = "backend";

    private static readonly Backend[] Backends =
    [
        new(
            "filesystem",
            FilesystemOptions.Section,
            typeof(FilesystemOptions),
            static (services, configuration) => services.AddFilesystemStorage(configuration)),
        new(
            "redis",
            RedisOptions.Section,
            typeof(RedisOptions),
            static (services, configuration) => services.AddRedisStorage(configuration)),
        new(
            "etcd",
            EtcdOptions.Section,
            typeof(EtcdOptions),
            static (services, configuration) => services.AddEtcdStorage(configuration)),
        new(
            "gcs",
            GcsOptions.Section,
            typeof(GcsOptions),
            static (services, configuration) => services.AddGcsStorage(configuration)),
    ];

    /// <summary>What there is to select from.</summary>
    public static IEnumerable<string> Names => Backends.Select(static backend => backend.Name);

    /// <summary>The settings of all backends.</summary>
    public static IEnumerable<Setting> Settings =>
        Backends.SelectMany(static backend => Core.Settings.Setting.Of(backend.Section, backend.Options));

    /// <summary>The settings of the storage that belong to no section.</summary>
    public static IEnumerable<string> PlainSettings =>
        [Setting, GcsOptions.EmulatorSetting, GcsOptions.DefaultCredentialsSetting];

    /// <summary>
    /// Adds both ports of the selected storage, or none when the selection is wrong; an unset <c>STORAGE</c> is the
    /// filesystem.
    /// </summary>
    public static void AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        if (Find(configuration) is not { } backend)
            return;
        backend.Add(services, configuration);
        services.AddMetrics();
        services.Decorate<IDocumentStore>(
            (provider, inner) => new ObservedDocumentStore(inner, MetricsOf(provider, backend, "documents")));
        services.Decorate<IBlobStore>(
            (provider, inner) => new ObservedBlobStore(inner, MetricsOf(provider, backend, "blobs")));
    }

    /// <summary>
    /// Opens the storage to be read and no more. A server needs nothing for that; a folder is neither made nor written
    /// to.
    /// </summary>
    public static void OpenStorageReadOnly(this IServiceCollection services) => services.OpenFilesystemReadOnly();

    /// <summary>What is wrong with the selection; nothing when it can be used.</summary>
    public static IEnumerable<string> Errors(IConfiguration configuration) => Find(configuration) is not null
        ? []
        : [$"{Setting} is '{configuration[Setting]}'; expected one of {string.Join(", ", Names)}."];

    private static Backend? Find(IConfiguration configuration)
    {
        var wanted = configuration[Setting] ?? Backends[0].Name;
        return Array.Find(Backends, backend => backend.Name.Equals(wanted.Trim(), StringComparison.OrdinalIgnoreCase));
    }

    private static StorageMetrics MetricsOf(IServiceProvider provider, Backend backend, string store) => new(
        provider.GetRequiredService<IMeterFactory>(), provider.GetRequiredService<TimeProvider>(), backend.Name, store);

    /// <summary>Puts a decorator in place of a port. The container still owns the backend's own store.</summary>
    private static void Decorate<TPort>(
        this IServiceCollection services, Func<IServiceProvider, TPort, TPort> decorate)
        where TPort : class
    {
        var inner = services.Single(static service => service.ServiceType == typeof(TPort));
        services.Remove(inner);
        services.AddKeyedSingleton(typeof(TPort), BackendKey, inner.ImplementationType!);
        services.AddSingleton(
            provider => decorate(provider, provider.GetRequiredKeyedService<TPort>(BackendKey)));
    }

    /// <summary>A storage that can be selected.</summary>
    /// <param name="Name">What <c>STORAGE</c> calls it.</param>
    /// <param name="Section">The section of its settings.</param>
    /// <param name="Options">The options that the section is read into.</param>
    /// <param name="Add">Adds both ports over it.</param>
    private sealed record Backend(
        string Name, string Section, Type Options, Action<IServiceCollection, IConfiguration> Add);
}
