using System.Net.Sockets;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;
using Registry.Api.Cnr;
using Registry.Api.Hosting.Logging;
using Registry.Api.Http;
using Registry.Api.Http.Errors;
using Registry.Api.Http.Transfers;
using Registry.Api.OpenApi;
using Registry.Core.Archives;
using Registry.Core.Catalog;
using Registry.Core.Channels;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Api.Hosting;

/// <summary>The composition of the service.</summary>
public static class RegistryApplication
{
    /// <summary>Request lines up to here are read: KAR's workspaces come in the query, and 32 KiB of them must (KAR, table A).</summary>
    private const int MaxRequestLineBytes = 40 * 1024;

    /// <summary>
    /// What may wait of one request's body: enough that a client and the disk need not keep step, and a quarter of the server's own, which 32 uploads at once would feel.
    /// </summary>
    internal const int MaxWaitingBytes = 256 * 1024;

    /// <summary>How long a stop waits for requests under way: what orchestrators grant by default before they kill.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Builds the service, ready to be started.</summary>
    /// <param name="args">Command line settings, such as <c>--urls</c>.</param>
    /// <param name="configure">Changes the composition last of all, as tests do; null for none.</param>
    /// <exception cref="Exception">The settings cannot be used: see <c>StartupException</c>.</exception>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var app = Compose(args, configure);
        Map(app);
        return app;
    }

    /// <summary>Proves the storage, then serves until the process is told to stop.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            await using var app = Compose(args, configure: null);
            // The proof waits for a disk or a server. What is going to be served is put together meanwhile, and served only when the proof holds.
            var proof = Task.Run(() => app.Services.GetRequiredService<StorageProbe>().ProveAsync(app.Lifetime.ApplicationStopping));
            Map(app);
            var rehearsal = Rehearsal.Of(app);
            await proof;
            var rehearsed = Task.Run(rehearsal);
            await ListenAsync(app);
            await rehearsed;
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (Exception wrong) when (wrong is StartupException or StorageException or Microsoft.Extensions.Options.OptionsValidationException)
        {
            await Console.Error.WriteLineAsync(wrong.Message);
            return 1;
        }
    }

    private static WebApplication Compose(string[] args, Action<WebApplicationBuilder>? configure)
    {
        // The settings beside the program are the product's; the working directory is the operator's.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        var settings = RegistrySettings.Read(builder.Configuration);
        builder.Logging.BufferConsole();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = settings.Limits.RequestBytes;
            kestrel.Limits.MaxRequestLineSize = MaxRequestLineBytes;
            kestrel.Limits.MaxRequestBufferSize = MaxWaitingBytes;
            // They count only some of the bytes that move. TransferWatch has its own patience.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
        });
        // Kestrel's limit is for connections with TLS; what a plain one holds is the transport's.
        builder.WebHost.UseSockets(sockets => sockets.MaxReadBufferSize = MaxWaitingBytes);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.Configure<ForwardedHeadersOptions>(settings.Proxies.Apply);
        builder.Services.AddStorage(builder.Configuration);
        builder.Services.AddRegistry(settings);
        // Only this program has controllers. MVC would look for more in every library that knows of MVC, and at each of their types.
        builder.Services.AddSingleton(new ApplicationPartManager
        {
            ApplicationParts = { new AssemblyPart(typeof(RegistryApplication).Assembly) },
            FeatureProviders = { new InternalControllers() },
        });
        // Of MVC what is used: AddControllers would bring authorization, CORS and annotations, each at work on every request.
        builder.Services.AddMvcCore(static mvc => mvc.ReadArgumentsAsTexts())
            .AddApiExplorer()
            .ConfigureApiBehaviorOptions(api => (api.SuppressModelStateInvalidFilter, api.SuppressMapClientErrors) = (true, true));
        builder.Services.AddSingleton<IObjectModelValidator, NoValidation>();
        builder.Services.AddOpenApiDocument();
        configure?.Invoke(builder);

        return builder.Build();
    }

    private static void Map(WebApplication app)
    {
        app.UseForwardedHeaders();
        app.UseMiddleware<RequestLog>();
        app.UseMiddleware<TransferWatch>();
        app.UseMiddleware<Cors>();
        app.UseMiddleware<ErrorHandling>();
        app.UseMiddleware<RequestLimit>();
        app.UseMiddleware<UnshortenedPaths>();
        app.UseRouting();
        app.UseMiddleware<ExactPaths>();
        app.MapControllers();
        app.MapSwaggerPage();
    }

    private static async Task ListenAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (Exception wrong) when (wrong is IOException or SocketException or FormatException)
        {
            // A port in use, one that is not ours to open, an address that is none.
            throw new StartupException($"The service cannot listen as ASPNETCORE_URLS or --urls say: {wrong.Message}");
        }
    }

    internal static void AddRegistry(this IServiceCollection services, RegistrySettings settings)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(settings.Limits);
        services.AddSingleton(settings.Limits.Content);
        services.AddSingleton(settings.Limits.Archives);
        services.AddSingleton(settings.Collection.ToOptions());
        services.AddSingleton(settings.Updates.ToOptions());
        services.AddSingleton(settings.Cache.Indexes);
        services.AddSingleton(settings.Cache.Contents);
        services.AddSingleton(settings.Transfers);
        services.AddSingleton(settings.Transfers.ToOptions());
        services.AddSingleton<TransferBudget>();
        services.AddSingleton<StorageProbe>();
        services.AddSingleton<PackageIndexes>();
        services.AddSingleton<PackageCatalog>();
        services.AddSingleton<PackageRegistry>();
        services.AddSingleton<ChannelRegistry>();
        services.AddSingleton<AppArchives>();
        services.AddSingleton<BlobCollector>();
        services.AddSingleton<ListBodies>();
        services.AddHostedService<CatalogService>();
        services.AddHostedService<CollectorService>();
    }
}
