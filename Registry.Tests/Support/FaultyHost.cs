using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Support;

/// <summary>The whole service over a storage with injected faults.</summary>
internal sealed class FaultyHost : IAsyncDisposable
{
    private readonly RegistryHost host;

    private FaultyHost(RegistryHost host, StorageFaults faults) => (this.host, Faults) = (host, faults);

    public RegistryHost Host => host;

    public Uri Address => host.Address;

    public HttpClient Client => host.Client;

    public LogRecorder Log => host.Log;

    public StorageFaults Faults { get; }

    /// <summary>The blob store of the service, including faults.</summary>
    public IBlobStore Blobs => host.Services.GetRequiredService<IBlobStore>();

    /// <param name="storage">The storage settings; null for the in-memory reference model.</param>
    /// <param name="services">Replaces services; null for none.</param>
    /// <param name="routes">Adds routes; null for none.</param>
    public static async Task<FaultyHost> StartAsync(
        string[]? storage = null, Action<IServiceCollection>? services = null, Action<WebApplication>? routes = null)
    {
        var faults = new StorageFaults();
        var host = await RegistryHost.StartAsync(
            composition =>
            {
                if (storage is null)
                {
                    var memory = new InMemoryStorage();
                    composition.AddSingleton(memory.Documents)
                        .AddSingleton(memory.Blobs)
                        .AddSingleton(memory.Uploads)
                        .AddSingleton<IStorageProbe>(new InMemoryProbe());
                }

                Wrap<IDocumentStore>(composition, store => new FaultyDocumentStore(store, faults));
                Wrap<IBlobStore>(composition, store => new FaultyBlobStore(store, faults));
                Wrap<IUploadStore>(composition, store => new FaultyUploadStore(store, faults));
                services?.Invoke(composition);
            },
            routes,
            storage ?? []);
        return new FaultyHost(host, faults);
    }

    /// <summary>Counts the app archives of all workspaces.</summary>
    public async Task<int> CountArchivesAsync() =>
        await Blobs.ListAsync(StoreKeys.Archives, ScopeDepth.Subtree, after: null, CancellationToken.None).CountAsync();

    public async Task DeleteArchivesAsync()
    {
        await foreach (var archive in Blobs.ListAsync(
            StoreKeys.Archives, ScopeDepth.Subtree, after: null, CancellationToken.None))
            await Blobs.TryDeleteAsync(archive.Key, Precondition.None, CancellationToken.None);
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    private static void Wrap<T>(IServiceCollection composition, Func<T, T> around)
        where T : class
    {
        var inner = composition.Last(static service => service.ServiceType == typeof(T));
        composition.AddSingleton(provider => around((T)(inner.ImplementationInstance
            ?? inner.ImplementationFactory?.Invoke(provider)
            ?? ActivatorUtilities.CreateInstance(provider, inner.ImplementationType!))));
    }
}
