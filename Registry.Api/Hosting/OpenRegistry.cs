using Registry.Api.Health;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Api.Hosting;

/// <summary>The registry as a command works on it: its storage and its rules, without the service.</summary>
/// <param name="documents">The documents of its storage.</param>
/// <param name="blobs">The blobs of its storage.</param>
/// <param name="indexLimits">How large an index may be.</param>
/// <param name="packages">The use cases of packages.</param>
/// <param name="indexes">The indexes of its packages.</param>
/// <param name="channels">The use cases of channels.</param>
/// <param name="collection">When unreferenced blobs are reclaimed.</param>
/// <param name="time">The clock.</param>
internal sealed class OpenRegistry(
    IDocumentStore documents,
    IBlobStore blobs,
    IndexLimits indexLimits,
    PackageRegistry packages,
    PackageIndexes indexes,
    ChannelRegistry channels,
    CollectionOptions collection,
    TimeProvider time) : IAsyncDisposable
{
    private ServiceProvider? services;

    /// <summary>Its storage.</summary>
    public RegistryStorage Storage { get; } = new(documents, blobs) { IndexLimits = indexLimits };

    /// <summary>The use cases of packages.</summary>
    public PackageRegistry Packages => packages;

    /// <summary>The indexes of its packages.</summary>
    public PackageIndexes Indexes => indexes;

    /// <summary>The use cases of channels.</summary>
    public ChannelRegistry Channels => channels;

    /// <summary>When unreferenced blobs are reclaimed.</summary>
    public CollectionOptions Collection => collection;

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>Composes the registry that the settings describe, and asks its storage whether it works.</summary>
    /// <param name="configuration">The settings, as the service reads them.</param>
    /// <param name="writes">
    /// Whether the command will write: the storage is then proven as at the start of the service. Otherwise nothing is
    /// created or written, and the storage must hold something.
    /// </param>
    /// <param name="log">Takes warnings and errors.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StartupException">
    /// Something is wrong with the settings, or there is nothing to read where they lead.
    /// </exception>
    /// <exception cref="StorageException">The storage does not work.</exception>
    public static async Task<OpenRegistry> OpenAsync(
        IConfiguration configuration, bool writes, ILoggerProvider log, CancellationToken cancellationToken)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning).AddProvider(log));
        services.AddStorage(configuration);
        if (!writes)
            services.OpenStorageReadOnly();
        services.AddRegistry(configuration);
        var provider = services.BuildServiceProvider();
        try
        {
            RegistrySettings.Demand(provider, RegistrySettings.Errors(configuration));
            var probe = provider.GetRequiredService<StorageReadiness>();
            var opened = ActivatorUtilities.CreateInstance<OpenRegistry>(provider);
            opened.services = provider;
            if (writes)
            {
                await probe.DescribeFaultsAsync(() => probe.ProveAsync(cancellationToken));
                return opened;
            }

            await probe.DescribeFaultsAsync(() => probe.ProveReadableAsync(cancellationToken));
            return await opened.HoldsAnythingAsync(cancellationToken)
                ? opened
                : throw new StartupException(
                    $"The storage '{probe.Name}' holds no packages and no archives: {probe.Description}. Check that "
                        + "its settings name the right one.");
        }
        catch
        {
            await provider.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => services?.DisposeAsync() ?? default;

    private async Task<bool> HoldsAnythingAsync(CancellationToken cancellationToken)
    {
        var (documents, blobs) = Storage;
        await foreach (var _ in documents.ListAsync(StoreKeys.Packages, after: null, cancellationToken))
            return true;
        foreach (var scope in (StoreKey[])[StoreKeys.Packages, StoreKeys.Archives])
            await foreach (var _ in blobs.ListAsync(scope, ScopeDepth.Subtree, after: null, cancellationToken))
                return true;
        return false;
    }
}
