using Registry.Api.Health;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Tokens;

namespace Registry.Api.Hosting;

/// <summary>The registry for commands: its storage and its use cases, without the service.</summary>
/// <param name="documents">The document store.</param>
/// <param name="blobs">The blob store.</param>
/// <param name="uploads">The store of staged uploads.</param>
/// <param name="indexLimits">The limits of an index.</param>
/// <param name="packages">The use cases of packages.</param>
/// <param name="indexes">The package indexes.</param>
/// <param name="channels">The use cases of channels.</param>
/// <param name="tokens">The use cases of tokens.</param>
/// <param name="collector">Discards abandoned uploads.</param>
/// <param name="time">The clock.</param>
internal sealed class CommandRegistry(
    IDocumentStore documents,
    IBlobStore blobs,
    IUploadStore uploads,
    IndexLimits indexLimits,
    PackageRegistry packages,
    PackageIndexes indexes,
    ChannelRegistry channels,
    AccessTokens tokens,
    BlobCollector collector,
    TimeProvider time) : IAsyncDisposable
{
    private ServiceProvider? services;

    /// <summary>The storage.</summary>
    public RegistryStorage Storage { get; } = new(documents, blobs) { IndexLimits = indexLimits };

    /// <summary>The staged uploads.</summary>
    public IUploadStore Uploads => uploads;

    /// <summary>The use cases of packages.</summary>
    public PackageRegistry Packages => packages;

    /// <summary>The package indexes.</summary>
    public PackageIndexes Indexes => indexes;

    /// <summary>The use cases of channels.</summary>
    public ChannelRegistry Channels => channels;

    /// <summary>The use cases of tokens.</summary>
    public AccessTokens Tokens => tokens;

    /// <summary>Discards abandoned uploads.</summary>
    public BlobCollector Collector => collector;

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>Composes the registry from the settings, and checks its storage.</summary>
    /// <param name="configuration">The configuration of the service.</param>
    /// <param name="writes">
    /// Whether the command writes: the storage is then probed as at the startup of the service. Otherwise nothing is
    /// created or written, and the storage must not be empty.
    /// </param>
    /// <param name="log">Logs warnings and errors.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StartupException">The settings are invalid, or the storage is empty.</exception>
    /// <exception cref="StorageException">The storage does not work.</exception>
    public static async Task<CommandRegistry> OpenAsync(
        IConfiguration configuration, bool writes, ILoggerProvider log, CancellationToken cancellationToken)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning).AddProvider(log));
        services.AddStorage(configuration);
        services.OpenStorageForCommand(writes);
        services.AddRegistry(configuration);
        var provider = services.BuildServiceProvider();
        try
        {
            RegistrySettings.Validate(provider, RegistrySettings.Errors(configuration));
            var probe = provider.GetRequiredService<StorageReadiness>();
            var opened = ActivatorUtilities.CreateInstance<CommandRegistry>(provider);
            opened.services = provider;
            if (writes)
            {
                await probe.DescribeFaultsAsync(() => probe.ProbeAsync(cancellationToken));
                return opened;
            }

            await probe.DescribeFaultsAsync(() => probe.ProbeReadableAsync(cancellationToken));
            return await opened.HasContentAsync(cancellationToken)
                ? opened
                : throw new StartupException(
                    $"No packages or archives found in {probe.Description}. Check the path or prefix in the settings.");
        }
        catch
        {
            await provider.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => services?.DisposeAsync() ?? default;

    private async Task<bool> HasContentAsync(CancellationToken cancellationToken)
    {
        var (documents, blobs) = Storage;
        foreach (var scope in (StoreKey[])[StoreKeys.Packages, StoreKeys.Tokens])
            await foreach (var _ in documents.ListAsync(scope, after: null, cancellationToken))
                return true;
        foreach (var scope in (StoreKey[])[StoreKeys.Packages, StoreKeys.Archives])
            await foreach (var _ in blobs.ListAsync(scope, ScopeDepth.Subtree, after: null, cancellationToken))
                return true;
        return false;
    }
}
