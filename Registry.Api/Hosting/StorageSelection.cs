using System.Diagnostics.Metrics;
using Registry.Core.Settings;
using Registry.Core.Storage;
using Registry.Core.Telemetry;
using Registry.Storage.Etcd;
using Registry.Storage.Filesystem;
using Registry.Storage.Gcs;
using Registry.Storage.Redis;

namespace Registry.Api.Hosting;

/// <summary>Selects the storage by <c>STORAGE</c>. The only place that knows the backends: one entry each.</summary>
internal static class StorageSelection
{
    /// <summary>The name of the setting.</summary>
    public const string Setting = "STORAGE";

    /// <summary>The service key of the backend's own stores.</summary>
    private const string BackendKey = "backend";

    private static readonly Backend[] Backends =
    [
        new(
            "filesystem",
            FilesystemOptions.Section,
            typeof(FilesystemOptions),
            static (services, configuration) => services.AddFilesystemStorage(configuration))
        {
            OpenForCommand = static (services, writes) => services.OpenFilesystemForCommand(writes),
        },
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
            static (services, configuration) => services.AddGcsStorage(configuration))
        {
            PlainSettings = [GcsOptions.EmulatorSetting, GcsOptions.DefaultCredentialsSetting],
        },
    ];

    /// <summary>The names of the backends.</summary>
    public static IEnumerable<string> Names => Backends.Select(static backend => backend.Name);

    /// <summary>The settings of all backends.</summary>
    public static IEnumerable<Setting> Settings =>
        Backends.SelectMany(static backend => Core.Settings.Setting.Of(backend.Section, backend.Options));

    /// <summary>The settings of the storage without a section.</summary>
    public static IEnumerable<string> PlainSettings =>
        [Setting, .. Backends.SelectMany(static backend => backend.PlainSettings)];

    /// <summary>
    /// Adds the ports of the selected storage, each behind a decorator that records its operations. Adds nothing if
    /// the selection is invalid; the default is the filesystem.
    /// </summary>
    public static void AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<StorageSettings>()
            .Configure(options => options.Backend = configuration[Setting])
            .Validate(
                static options => Find(options.Backend) is not null,
                $"{Setting} is '{configuration[Setting]}'; expected one of {string.Join(", ", Names)}.")
            .ValidateOnStart();
        if (Find(configuration[Setting]) is not { } backend)
            return;
        backend.Add(services, configuration);
        services.AddMetrics();
        services.Decorate<IDocumentStore>(
            (provider, inner) => new ObservedDocumentStore(inner, MetricsOf(provider, backend, "documents")));
        services.Decorate<IBlobStore>(
            (provider, inner) => new ObservedBlobStore(inner, MetricsOf(provider, backend, "blobs")));
        services.Decorate<IUploadStore>(
            (provider, inner) => new ObservedUploadStore(inner, MetricsOf(provider, backend, "uploads")));
    }

    /// <summary>
    /// Opens the storage for a command. If it only reads, a folder is neither created nor written to. Other storage
    /// backends need no preparation.
    /// </summary>
    public static void OpenStorageForCommand(this IServiceCollection services, bool writes)
    {
        foreach (var backend in Backends)
            backend.OpenForCommand?.Invoke(services, writes);
    }

    private static Backend? Find(string? name) => name is null
        ? Backends[0]
        : Array.Find(Backends, backend => backend.Name.Equals(name.Trim(), StringComparison.OrdinalIgnoreCase));

    private static StorageMetrics MetricsOf(IServiceProvider provider, Backend backend, string store) => new(
        provider.GetRequiredService<IMeterFactory>(), provider.GetRequiredService<TimeProvider>(), backend.Name, store);

    /// <summary>Puts a decorator in place of a port. The container still owns the backend's own store.</summary>
    private static void Decorate<TPort>(
        this IServiceCollection services, Func<IServiceProvider, TPort, TPort> decorate)
        where TPort : class
    {
        var inner = services.Single(static service => service.ServiceType == typeof(TPort));
        services.Remove(inner);
        services.AddKeyedSingleton(
            typeof(TPort),
            BackendKey,
            inner.ImplementationType
                ?? throw new InvalidOperationException($"A backend must register {typeof(TPort).Name} by its type."));
        services.AddSingleton(
            provider => decorate(provider, provider.GetRequiredKeyedService<TPort>(BackendKey)));
    }

    /// <summary>The setting <c>STORAGE</c>.</summary>
    private sealed class StorageSettings
    {
        /// <summary>The name of the backend; null for the default.</summary>
        public string? Backend { get; set; }
    }

    /// <summary>A storage that can be selected.</summary>
    /// <param name="Name">The value of <c>STORAGE</c>.</param>
    /// <param name="Section">The section of its settings.</param>
    /// <param name="Options">The options class of the section.</param>
    /// <param name="Add">Adds the ports.</param>
    private sealed record Backend(
        string Name, string Section, Type Options, Action<IServiceCollection, IConfiguration> Add)
    {
        /// <summary>Its settings without a section.</summary>
        public IReadOnlyList<string> PlainSettings { get; init; } = [];

        /// <summary>
        /// Opens it for a command, which may write or not; null if it needs no preparation for that.
        /// </summary>
        public Action<IServiceCollection, bool>? OpenForCommand { get; init; }
    }
}
