using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Registry.Core.Archives;
using Registry.Core.Storage;

namespace Registry.Tests.Support;

/// <summary>The whole service over stores that fail when they are told to.</summary>
internal sealed class KarHost : IAsyncDisposable
{
    private readonly RegistryHost host;

    private KarHost(RegistryHost host) => this.host = host;

    public Uri Address => host.Address;

    public HttpClient Client => host.Client;

    public TinyBlobStore Blobs => host.Services.GetRequiredService<TinyBlobStore>();

    public TinyDocumentStore Documents => host.Services.GetRequiredService<TinyDocumentStore>();

    public LogRecorder Log => host.Log;

    public static async Task<KarHost> StartAsync(ArchiveLimits? limits = null, IStorageProbe? storage = null, Action<WebApplication>? routes = null) =>
        new(await RegistryHost.StartAsync(
            services =>
            {
                services
                    .AddSingleton<TinyBlobStore>().AddSingleton<IBlobStore>(static s => s.GetRequiredService<TinyBlobStore>())
                    .AddSingleton<TinyDocumentStore>().AddSingleton<IDocumentStore>(static s => s.GetRequiredService<TinyDocumentStore>())
                    .AddSingleton(storage ?? new TinyStorageProbe());
                if (limits is not null)
                    services.AddSingleton(limits);
            },
            routes));

    public ValueTask DisposeAsync() => host.DisposeAsync();
}
