using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Registry.Api.Hosting;
using Registry.Api.Http.Errors;
using Registry.Api.Kar;
using Registry.Core.Archives;
using Registry.Core.Storage;

namespace Registry.Tests.Support;

/// <summary>KAR and the error handling on a real server at a free loopback port, over storage in memory.</summary>
internal sealed class KarHost : IAsyncDisposable
{
    private readonly WebApplication app;

    private KarHost(WebApplication app)
    {
        this.app = app;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Client = new HttpClient { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public TinyBlobStore Blobs => app.Services.GetRequiredService<TinyBlobStore>();

    public TinyDocumentStore Documents => app.Services.GetRequiredService<TinyDocumentStore>();

    public LogRecorder Log => app.Services.GetRequiredService<LogRecorder>();

    public static async Task<KarHost> StartAsync(ArchiveLimits? limits = null, IStorageProbe? storage = null, Action<WebApplication>? routes = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(static k => k.Limits.MaxRequestLineSize = 33 * 1024);
        var log = new LogRecorder();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.Services.AddControllers().AddApplicationPart(typeof(AppArchivesController).Assembly)
            .ConfigureApplicationPartManager(static parts => parts.FeatureProviders.Add(new InternalControllers()));
        builder.Services.AddCors(static o => o.AddDefaultPolicy(static p => p.AllowAnyOrigin().AllowAnyHeader().AllowAnyMethod()));
        builder.Services
            .AddSingleton(log).AddSingleton(TimeProvider.System)
            .AddSingleton<TinyBlobStore>().AddSingleton<IBlobStore>(static s => s.GetRequiredService<TinyBlobStore>())
            .AddSingleton<TinyDocumentStore>().AddSingleton<IDocumentStore>(static s => s.GetRequiredService<TinyDocumentStore>())
            .AddSingleton(limits ?? new ArchiveLimits()).AddSingleton<AppArchives>()
            .AddSingleton(storage ?? new TinyStorageProbe()).AddSingleton<StorageProbe>();
        var app = builder.Build();
        app.UseCors();
        app.UseMiddleware<ErrorHandling>();
        app.MapControllers();
        routes?.Invoke(app);
        await app.StartAsync();
        return new KarHost(app);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
    }
}
