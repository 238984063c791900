using Registry.Storage.Filesystem;
using Registry.Storage.Gcs;

namespace Registry.Api.Hosting;

/// <summary>Which storage <c>STORAGE</c> selects. The only place that knows the backends: one line for each.</summary>
internal static class StorageSelection
{
    private const string Setting = "STORAGE";

    private static readonly (string Name, Action<IServiceCollection, IConfiguration>? Add)[] Backends =
    [
        ("filesystem", (services, configuration) => services.AddFilesystemStorage(configuration)),
        ("redis", null),
        ("etcd", null),
        ("gcs", (services, configuration) => services.AddGcsStorage(configuration)),
    ];

    /// <summary>Adds both ports of the selected storage; an unset <c>STORAGE</c> is the filesystem.</summary>
    public static void AddStorage(this IServiceCollection services, IConfiguration configuration) => Find(configuration).Add!(services, configuration);

    /// <summary>What is wrong with the selection; nothing when it can be used.</summary>
    public static IEnumerable<string> Errors(IConfiguration configuration)
    {
        var (name, add) = Find(configuration);
        if (name is null)
            yield return $"{Setting} is '{configuration[Setting]}'; it must be one of {string.Join(", ", Backends.Select(backend => backend.Name))}.";
        else if (add is null)
            yield return $"{Setting} is '{name}', which is not built into this version; built in: "
                + $"{string.Join(", ", Backends.Where(backend => backend.Add is not null).Select(backend => backend.Name))}.";
    }

    private static (string? Name, Action<IServiceCollection, IConfiguration>? Add) Find(IConfiguration configuration)
    {
        var wanted = configuration[Setting];
        return string.IsNullOrWhiteSpace(wanted)
            ? Backends[0]
            : Backends.FirstOrDefault(backend => backend.Name.Equals(wanted.Trim(), StringComparison.OrdinalIgnoreCase));
    }
}
