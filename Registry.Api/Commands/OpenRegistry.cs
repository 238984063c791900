using Registry.Api.Hosting;
using Registry.Core.Channels;
using Registry.Core.Content;
using Registry.Core.Operations;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Api.Commands;

/// <summary>The registry as a command works on it: its storage and its rules, without the service.</summary>
internal sealed class OpenRegistry : IAsyncDisposable
{
    private readonly ServiceProvider services;

    private OpenRegistry(ServiceProvider services) => this.services = services;

    /// <summary>Its storage.</summary>
    public RegistryStorage Storage => new(Get<IDocumentStore>(), Get<IBlobStore>()) { IndexLimits = Get<IndexLimits>() };

    /// <summary>The rules of pushing and pulling.</summary>
    public PackageRegistry Packages => Get<PackageRegistry>();

    /// <summary>The indexes of its packages.</summary>
    public PackageIndexes Indexes => Get<PackageIndexes>();

    /// <summary>The rules of channels.</summary>
    public ChannelRegistry Channels => Get<ChannelRegistry>();

    /// <summary>How large a package may be.</summary>
    public ContentLimits Limits => Get<ContentLimits>();

    /// <summary>When what nobody needs is reclaimed.</summary>
    public CollectionOptions Collection => Get<CollectionOptions>();

    /// <summary>The clock.</summary>
    public TimeProvider Time => Get<TimeProvider>();

    /// <summary>Composes the registry that the settings describe, and asks its storage whether it works.</summary>
    /// <param name="configuration">The settings, as the service reads them.</param>
    /// <param name="writes">
    /// Whether the command will write: the storage is then proven as at the start of the service. Otherwise nothing is
    /// created or written, and the storage must hold something.
    /// </param>
    /// <param name="console">Warnings go to its error output.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="StartupException">
    /// Something is wrong with the settings, or there is nothing to read where they lead.
    /// </exception>
    /// <exception cref="StorageException">The storage does not work.</exception>
    public static async Task<OpenRegistry> OpenAsync(IConfiguration configuration, bool writes, CommandConsole console, CancellationToken ct)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning).AddProvider(new CommandLog(console)));
        services.AddStorage(configuration);
        if (!writes)
            services.OpenStorageReadOnly();
        services.AddRegistry(configuration);
        var opened = new OpenRegistry(services.BuildServiceProvider());
        try
        {
            RegistrySettings.Demand(opened.services, RegistrySettings.Errors(configuration));
            var probe = opened.Get<StorageProbe>();
            if (writes)
            {
                await probe.DescribeFaultsAsync(() => probe.ProveAsync(ct));
                return opened;
            }

            await probe.DescribeFaultsAsync(() => probe.ProveReadableAsync(ct));
            return await opened.HoldsAnythingAsync(ct)
                ? opened
                : throw new StartupException(
                    $"The storage '{probe.Name}' holds no packages and no archives: {probe.Description}. Check that its settings name the right one.");
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => services.DisposeAsync();

    private async Task<bool> HoldsAnythingAsync(CancellationToken ct)
    {
        var (documents, blobs) = Storage;
        await foreach (var _ in documents.ListAsync(StoreKeys.Packages, after: null, ct))
            return true;
        foreach (var scope in (StoreKey[])[StoreKeys.Packages, StoreKeys.Archives])
            await foreach (var _ in blobs.ListAsync(scope, ScopeDepth.Subtree, after: null, ct))
                return true;
        return false;
    }

    private T Get<T>()
        where T : notnull => services.GetRequiredService<T>();
}
