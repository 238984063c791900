using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Registry.Api.Cnr;
using Registry.Api.Health;
using Registry.Api.Http;
using Registry.Api.Http.Errors;
using Registry.Api.Http.Transfers;
using Registry.Api.Logging;
using Registry.Api.OpenApi;
using Registry.Core.Archives;
using Registry.Core.Catalog;
using Registry.Core.Events;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Api.Hosting;

/// <summary>The composition of the service.</summary>
public static class RegistryApplication
{
    /// <summary>
    /// Request lines up to here are read: KAR's workspaces come in the query, and 32 KiB of them must (KAR, table A).
    /// </summary>
    private const int MaxRequestLineBytes = 40 * 1024;

    /// <summary>
    /// How long a stop waits for requests under way: what orchestrators grant by default before they kill.
    /// </summary>
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
    /// <returns>The exit code: 0 after a stop that was asked for.</returns>
    public static Task<int> RunAsync(string[] args) => RunAsync(args, configure: null);

    /// <inheritdoc cref="RunAsync(string[])"/>
    /// <param name="args">Command line settings.</param>
    /// <param name="configure">Changes the composition last of all, as tests do; null for none.</param>
    internal static async Task<int> RunAsync(string[] args, Action<WebApplicationBuilder>? configure)
    {
        try
        {
            await using var app = Compose(args, configure);
            // The proof waits for a disk or a server. What is going to be served is put together meanwhile, and served
            // only when the proof holds.
            var probe = app.Services.GetRequiredService<StorageReadiness>();
            var proof =
                Task.Run(() => probe.DescribeFaultsAsync(() => probe.ProveAsync(app.Lifetime.ApplicationStopping)));
            Map(app);
            await proof;
            await ListenAsync(app);
            await app.WaitForShutdownAsync();
            // The host logs the fault of a background service, and stops as if it had been asked to.
            var services = app.Services.GetServices<IHostedService>().OfType<BackgroundService>();
            return services.Any(static service => service.ExecuteTask is { IsFaulted: true }) ? 1 : 0;
        }
        catch (Exception wrong) when (wrong is StartupException or StorageException)
        {
            await Console.Error.WriteLineAsync(LogText.EscapeLines(wrong.Message, Environment.NewLine));
            return 1;
        }
    }

    private static WebApplication Compose(string[] args, Action<WebApplicationBuilder>? configure)
    {
        // The settings beside the program are the product's; the working directory is the operator's.
        var builder = StartupException.OfMalformedFiles(
            () =>
                WebApplication.CreateBuilder(
                    new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory }));
        // Errors of the settings are told together, once the composition stands: neither the lack of a storage nor a
        // wrong level of the log may end it.
        builder.Host.UseDefaultServiceProvider(static provider => provider.ValidateOnBuild = false);
        List<string> errors =
        [
            .. SettingNames.Errors(builder.Configuration),
            .. RegistrySettings.Errors(builder.Configuration),
            .. LoggingServices.Errors(builder.Configuration),
        ];
        foreach (var level in LogLevels.FindInvalid(builder.Configuration))
            builder.Configuration[level.Path] = null;
        LoggingServices.ClearInvalid(builder.Configuration);
        builder.Logging.UseConsole();
        var start = new StartFilter();
        builder.Logging.AddFilter(StartFilter.Category, start.Passes);
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Header values are bytes. Proxies send names in Latin-1, and a header that nobody reads is no reason to
            // refuse a request.
            kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
            kestrel.Limits.MaxRequestLineSize = MaxRequestLineBytes;
            kestrel.Limits.MaxRequestBufferSize = RequestTransfer.MaxUnreadBytes;
            // It counts only some of the bytes that move. TransferWatch has its own patience.
            kestrel.Limits.MinRequestBodyDataRate = null;
        });
        // Kestrel's limit is for connections with TLS; what a plain one holds is the transport's.
        builder.WebHost.UseSockets(sockets => sockets.MaxReadBufferSize = RequestTransfer.MaxUnreadBytes);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddOptions<ForwardedHeadersOptions>()
            .Configure<IOptions<ProxySettings>>(static (headers, proxies) => proxies.Value.Apply(headers));
        builder.Services.AddStorage(builder.Configuration);
        builder.Services.AddRegistry(builder.Configuration);
        // Only this program has controllers. MVC would look for more in every library that knows of MVC, and at each of
        // their types.
        builder.Services.AddSingleton(new ApplicationPartManager
        {
            ApplicationParts = { new AssemblyPart(typeof(RegistryApplication).Assembly) },
            FeatureProviders = { new InternalControllers() },
        });
        // Of MVC what is used: AddControllers would bring authorization, CORS and annotations, each at work on every
        // request.
        builder.Services.AddMvcCore(static mvc => mvc.BindPathAndQuery())
            .AddApiExplorer()
            .ConfigureApiBehaviorOptions(
                api => (api.SuppressModelStateInvalidFilter, api.SuppressMapClientErrors) = (true, true));
        builder.Services.AddSingleton<IObjectModelValidator, NoValidation>();
        builder.Services.AddSingleton<OpenApiText>();
        configure?.Invoke(builder);

        var app = builder.Build();
        RegistrySettings.Demand(app.Services, errors);
        app.Lifetime.ApplicationStarted.Register(start.Open);
        // The server has been made by now. It takes nothing from settings that may be wrong.
        var kestrel = app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value;
        kestrel.Limits.MaxRequestBodySize = app.Services.OptionsOf<LimitSettings>().RequestBytes;
        kestrel.Limits.MinResponseDataRate =
            TransferWatch.RateAfterwards(app.Services.GetRequiredService<TransferOptions>().Stall);
        return app;
    }

    private static void Map(WebApplication app)
    {
        // Everything after these sees the path below the prefix, and the host and the prefix as the client does.
        var server = app.Services.GetRequiredService<DiagnosticListener>();
        app.Services.GetRequiredService<MalformedRequests>().Observe(server);
        app.UseMiddleware<UnnormalizedPaths>();
        app.UseMiddleware<PathPrefix>();
        app.UseForwardedHeaders();
        app.UseMiddleware<TransferWatch>();
        app.UseMiddleware<RequestLog>();
        app.UseMiddleware<Cors>();
        app.UseMiddleware<ErrorHandling>();
        app.UseMiddleware<AllowedHosts>();
        app.UseMiddleware<CrossOriginWrites>();
        app.UseMiddleware<RequestLimit>();
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
        catch (Exception wrong) when (wrong
            is IOException or SocketException or FormatException or ArgumentException or InvalidOperationException
                or CryptographicException or UnauthorizedAccessException)
        {
            // A port in use, one that is not ours to open, https without a certificate. The server explains some of
            // these in several lines.
            throw new StartupException(
                "The service cannot listen as ASPNETCORE_URLS or Kestrel's settings say: "
                    + $"{wrong.Message.Split('\n')[0].Trim()}");
        }
    }

    internal static void AddRegistry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddRegistrySettings(configuration);
        services.AddSingleton(static provider => provider.OptionsOf<LimitSettings>());
        services.AddSingleton(static provider => provider.OptionsOf<LimitSettings>().Content);
        services.AddSingleton(static provider => provider.OptionsOf<LimitSettings>().Index);
        services.AddSingleton(static provider => provider.OptionsOf<LimitSettings>().Archives);
        services.AddSingleton(static provider => provider.OptionsOf<CollectionSettings>().ToOptions());
        services.AddSingleton(static provider => provider.OptionsOf<UpdateSettings>().ToOptions());
        services.AddSingleton(static provider => provider.OptionsOf<CacheSettings>().Indexes);
        services.AddSingleton(static provider => provider.OptionsOf<CacheSettings>().Contents);
        services.AddSingleton<FaultLog>();
        services.AddSingleton(new PathBaseSettings(configuration[PathBaseSettings.Setting]));
        services.AddSingleton(static provider => provider.OptionsOf<CorsSettings>());
        services.AddSingleton(static provider => provider.OptionsOf<HostSettings>());
        services.AddSingleton(static provider => provider.OptionsOf<TransferSettings>().ToOptions());
        services.AddSingleton<TransferBudget>();
        services.AddSingleton<StorageReadiness>();
        services.AddSingleton<MalformedRequests>();
        services.AddSingleton<IRegistryEventSink, ChangeLog>();
        services.AddSingleton<RegistryEvents>();
        services.AddSingleton<PackageIndexes>();
        services.AddSingleton<PackageCatalog>();
        services.AddSingleton<PackageRegistry>();
        services.AddSingleton<ChannelRegistry>();
        services.AddSingleton<AppArchiveRegistry>();
        services.AddSingleton<BlobCollector>();
        services.AddSingleton<ListBodies>();
        services.AddHostedService<CatalogService>();
        services.AddHostedService<CollectorService>();
    }

    private static TOptions OptionsOf<TOptions>(this IServiceProvider provider)
        where TOptions : class => provider.GetRequiredService<IOptions<TOptions>>().Value;
}
