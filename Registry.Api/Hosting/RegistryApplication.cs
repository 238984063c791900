using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Registry.Api.Access;
using Registry.Api.Cnr;
using Registry.Api.Health;
using Registry.Api.Helm;
using Registry.Api.Http;
using Registry.Api.Http.Errors;
using Registry.Api.Http.Transfers;
using Registry.Api.Identities;
using Registry.Api.Kar;
using Registry.Api.Logging;
using Registry.Api.Oci;
using Registry.Api.OpenApi;
using Registry.Api.Telemetry;
using Registry.Api.Tokens;
using Registry.Api.Ui;
using Registry.Core.Archives;
using Registry.Core.Catalog;
using Registry.Core.Events;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Repositories;
using Registry.Core.Sessions;
using Registry.Core.Settings;
using Registry.Core.Storage;
using Registry.Core.Tokens;
using Registry.Core.Transfers;

namespace Registry.Api.Hosting;

/// <summary>The composition of the service.</summary>
public static class RegistryApplication
{
    /// <summary>
    /// The longest request line: KAR's workspaces are in the query, and may have 32 KiB.
    /// </summary>
    private const int MaxRequestLineBytes = 40 * 1024;

    /// <summary>
    /// How long a shutdown waits for requests in progress: the default grace period of orchestrators.
    /// </summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Builds the service, ready to be started.</summary>
    /// <param name="args">The settings on the command line, such as <c>--urls</c>.</param>
    /// <param name="configure">Changes the composition, as tests do; null for none.</param>
    /// <exception cref="Exception">The settings are invalid: a <c>StartupException</c>.</exception>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var app = Compose(args, configure);
        Map(app);
        return app;
    }

    /// <summary>Probes the storage, then serves until the process is stopped.</summary>
    /// <returns>The exit code: 0 after a requested shutdown.</returns>
    public static Task<int> RunAsync(string[] args) => RunAsync(args, configure: null);

    /// <inheritdoc cref="RunAsync(string[])"/>
    /// <param name="args">The settings on the command line.</param>
    /// <param name="configure">Changes the composition, as tests do; null for none.</param>
    /// <param name="errors">Receives the error of a failed start; null for the standard error.</param>
    internal static async Task<int> RunAsync(
        string[] args, Action<WebApplicationBuilder>? configure, TextWriter? errors = null)
    {
        try
        {
            await using var app = Compose(args, configure);
            // The probe waits for a disk or a server. Meanwhile the endpoints are mapped; the port opens only after it.
            var storage = app.Services.GetRequiredService<StorageReadiness>();
            var probe =
                Task.Run(() => storage.DescribeFaultsAsync(() => storage.ProbeAsync(app.Lifetime.ApplicationStopping)));
            Map(app);
            await probe;
            await ListenAsync(app);
            await app.WaitForShutdownAsync();
            // After a fault of a background service, the host logs it and shuts down as if requested.
            var services = app.Services.GetServices<IHostedService>().OfType<BackgroundService>();
            return services.Any(static service => service.ExecuteTask is { IsFaulted: true }) ? 1 : 0;
        }
        catch (Exception exception) when (exception is StartupException or StorageException)
        {
            await (errors ?? Console.Error).WriteLineAsync(LogText.EscapeLines(exception.Message, Environment.NewLine));
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
        // All errors in the settings are reported together, once the service is composed: neither a missing storage nor
        // an invalid log level may fail the composition.
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
        var start = new StartupLogFilter();
        builder.Logging.AddFilter(StartupLogFilter.Category, start.Passes);
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Header values are bytes. Proxies send names in Latin-1, and a header that nothing reads must not fail the
            // request.
            kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
            kestrel.Limits.MaxRequestLineSize = MaxRequestLineBytes;
            kestrel.Limits.MaxRequestBufferSize = RequestTransfer.MaxUnreadBytes;
            // It counts only some of the bytes that move; TransferWatchMiddleware replaces it.
            kestrel.Limits.MinRequestBodyDataRate = null;
        });
        // Kestrel's limit applies to connections with TLS; the transport's applies to plain ones.
        builder.WebHost.UseSockets(sockets => sockets.MaxReadBufferSize = RequestTransfer.MaxUnreadBytes);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddOptions<ForwardedHeadersOptions>()
            .Configure<IOptions<ProxySettings>>(static (headers, proxies) => proxies.Value.Apply(headers));
        builder.Services.AddStorage(builder.Configuration);
        builder.Services.AddRegistry(builder.Configuration);
        var requiresScopes = new SettingsSection<AuthSettings>(builder.Configuration, AuthSettings.Section).Read()
            .RequiresScopes;
        builder.Services.AddAccess(requiresScopes);
        if (requiresScopes)
            builder.Services.AddIdentities(builder.Configuration);
        builder.Services.AddTelemetry(
            new SettingsSection<TelemetrySettings>(builder.Configuration, TelemetrySettings.Section).Read()
                .ToOptions(builder.Configuration));
        // Only this assembly has controllers. By default MVC searches all types of every library that references it.
        builder.Services.AddSingleton(new ApplicationPartManager
        {
            ApplicationParts =
            {
                new AssemblyPart(typeof(RegistryApplication).Assembly),
                new CompiledRazorAssemblyPart(typeof(RegistryApplication).Assembly),
            },
            FeatureProviders = { new InternalControllers(requiresScopes) },
        });
        // Only the parts of MVC that are used: AddControllers would add authorization, CORS and annotations, which cost
        // time on every request.
        builder.Services.AddMvcCore(static mvc => mvc.BindPathAndQuery())
            .AddApiExplorer()
            .AddPageViews()
            .ConfigureApiBehaviorOptions(
                api => (api.SuppressModelStateInvalidFilter, api.SuppressMapClientErrors) = (true, true));
        builder.Services.AddSingleton<IObjectModelValidator, NoValidation>();
        builder.Services.AddSingleton<OpenApiDocuments>();
        configure?.Invoke(builder);

        var app = builder.Build();
        try
        {
            RegistrySettings.Validate(app.Services, errors);
            Prepare(app.Services);
        }
        catch
        {
            ((IDisposable)app).Dispose();
            throw;
        }

        app.Lifetime.ApplicationStarted.Register(start.Open);
        return app;
    }

    /// <summary>Prepares the services, whose settings are valid.</summary>
    private static void Prepare(IServiceProvider services)
    {
        // Opens the audit file: the startup fails if it cannot be written.
        services.GetRequiredService<RegistryEvents>();
        services.UseTelemetry();
        // The limits of the server come from settings.
        var kestrel = services.GetRequiredService<IOptions<KestrelServerOptions>>().Value;
        kestrel.Limits.MaxRequestBodySize = services.OptionsOf<LimitSettings>().RequestBytes;
        kestrel.Limits.MinResponseDataRate =
            TransferWatchMiddleware.FinalRate(services.GetRequiredService<TransferOptions>().Stall);
    }

    private static void Map(WebApplication app)
    {
        // Middlewares after the forwarded headers see the path below the prefix, and host and prefix as the client
        // does.
        var server = app.Services.GetRequiredService<DiagnosticListener>();
        app.Services.GetRequiredService<MalformedRequests>().Observe(server);
        app.UseMiddleware<UnnormalizedPathsMiddleware>();
        app.UseMiddleware<PathPrefixMiddleware>();
        app.UseForwardedHeaders();
        app.UseMiddleware<TransferWatchMiddleware>();
        app.UseMiddleware<RequestMetricsMiddleware>();
        app.UseMiddleware<RequestLog>();
        app.UseMiddleware<CorsMiddleware>();
        app.UseMiddleware<ErrorHandlingMiddleware>();
        app.UseMiddleware<AllowedHostsMiddleware>();
        app.UseMiddleware<CrossOriginWritesMiddleware>();
        app.UseMiddleware<RequestLimitMiddleware>();
        app.UseMiddleware<RepositoryPathsMiddleware>();
        app.UseMiddleware<ChartPathsMiddleware>();
        app.UseRouting();
        app.UseMiddleware<ExactPathsMiddleware>();
        app.UseAccess();
        app.MapControllers().Add(app.Services.GetRequiredService<ApiProtocols>().Attach);
        app.MapSwaggerPage();
    }

    private static async Task ListenAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // A signal or a fault of a background service ends the startup; the shutdown follows.
        }
        catch (Exception exception) when (exception
            is IOException or SocketException or FormatException or ArgumentException or InvalidOperationException
                or CryptographicException or UnauthorizedAccessException)
        {
            // A port that is in use or not permitted, or https without a certificate. Some messages of the server have
            // several lines.
            throw new StartupException(
                "Cannot listen on the addresses in ASPNETCORE_URLS, TELEMETRY__PORT or Kestrel's settings: "
                    + $"{exception.Message.Split('\n')[0].Trim()}");
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
        services.AddSingleton(static provider => provider.OptionsOf<LimitSettings>().Repositories);
        services.AddSingleton(static provider => provider.OptionsOf<ReleaseSettings>().ToOptions());
        services.AddSingleton(static provider => provider.OptionsOf<CollectionSettings>().ToOptions() with
        {
            UntaggedAge = provider.OptionsOf<OciSettings>().UntaggedAge,
        });
        services.AddSingleton(static provider => provider.OptionsOf<UpdateSettings>().ToOptions());
        services.AddSingleton(static provider => provider.OptionsOf<CacheSettings>().Indexes);
        services.AddSingleton(static provider => provider.OptionsOf<CacheSettings>().Contents);
        services.AddSingleton(static provider => provider.OptionsOf<CacheSettings>().Charts);
        services.AddSingleton<FaultLog>();
        services.AddSingleton(static provider => provider.OptionsOf<PathBaseSettings>());
        services.AddSingleton(static provider => provider.OptionsOf<CorsSettings>());
        services.AddSingleton(static provider => provider.OptionsOf<HostSettings>());
        services.AddSingleton(static provider => provider.OptionsOf<AuthSettings>().ToOptions());
        services.AddSingleton(static provider => provider.OptionsOf<TransferSettings>().ToOptions());
        services.AddSingleton<TransferBudget>();
        services.AddSingleton<MalformedRequests>();
        services.AddSingleton<IRegistryEventSink, AuditLog>();
        services.AddAuditFile(configuration);
        services.AddSingleton<RegistryEvents>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<AccessSessions>();
        services.AddSingleton<PackageIndexes>();
        services.AddSingleton<PackageCatalog>();
        services.AddSingleton<PackageContents>();
        services.AddSingleton<DerivedReleases>();
        services.AddSingleton<ManifestContents>();
        services.AddSingleton<ReleaseDescriber>();
        services.AddSingleton<PackageCommitFactory>();
        services.AddSingleton<PackageRegistry>();
        services.AddSingleton<PackageFiles>();
        services.AddSingleton<ChannelRegistry>();
        services.AddSingleton<RepositoryManifests>();
        services.AddSingleton<RepositoryBlobs>();
        services.AddSingleton<AppArchiveRegistry>();
        services.AddSingleton<BlobCollector>();
        services.AddSingleton<CompletionRequests>();
        services.AddSingleton<ReleaseCompletion>();
        services.AddSingleton<ApiProtocols>();
        services.AddCnr();
        services.AddKar();
        services.AddOci();
        services.AddHelm();
        services.AddTokens();
        services.AddPages();
        services.AddHealth();
        services.AddHostedService<CatalogService>();
        services.AddHostedService<CollectorService>();
        services.AddHostedService<CompletionService>();
    }

    private static TOptions OptionsOf<TOptions>(this IServiceProvider provider)
        where TOptions : class => provider.GetRequiredService<IOptions<TOptions>>().Value;
}
