namespace Registry.Api.Hosting;

/// <summary>The typed settings of the service, read and judged once, at start.</summary>
internal sealed class RegistrySettings
{
    private readonly List<string> errors = [];

    private RegistrySettings(IConfiguration configuration)
    {
        Limits = Read<LimitOptions>(configuration, "Limits");
        Collection = Read<CollectionSettings>(configuration, "Collection");
        Updates = Read<UpdateSettings>(configuration, "Updates");
        Proxies = Read<ProxySettings>(configuration, "Proxies");
        Cache = Read<CacheSettings>(configuration, "Cache");
        errors.AddRange([.. Limits.Errors(), .. Updates.Errors(), .. Collection.Errors(Updates), .. Proxies.Errors(), .. Cache.Errors()]);
    }

    public LimitOptions Limits { get; }

    public CollectionSettings Collection { get; }

    public UpdateSettings Updates { get; }

    public ProxySettings Proxies { get; }

    public CacheSettings Cache { get; }

    /// <summary>Reads the settings.</summary>
    /// <param name="configuration">Where they come from.</param>
    /// <param name="readOnly">Whether the storage is only read.</param>
    /// <exception cref="StartupException">Something is wrong with them: everything that is, at once.</exception>
    public static RegistrySettings Read(IConfiguration configuration, bool readOnly = false)
    {
        var settings = new RegistrySettings(configuration);
        settings.errors.AddRange(StorageSelection.Errors(configuration, readOnly));
        return settings.errors.Count == 0 ? settings : throw new StartupException(settings.errors);
    }

    /// <summary>What the binder says of a value that it cannot convert: the setting and the value in the outer message, the reason in the inner one.</summary>
    public static string Unreadable(InvalidOperationException wrong) => $"{wrong.Message} {wrong.InnerException?.Message}".Trim();

    private T Read<T>(IConfiguration configuration, string section)
        where T : class, new()
    {
        try
        {
            return configuration.GetSection(section).Get<T>() ?? new T();
        }
        catch (InvalidOperationException wrong)
        {
            errors.Add(Unreadable(wrong));
            return new T();
        }
    }
}
