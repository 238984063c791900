using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Registry.Api.Hosting;
using Registry.Core.Packages;

namespace Registry.Tests.Support;

/// <summary>
/// The whole service in this process, on a real server at a free loopback port. It uses a temporary folder unless the
/// settings select another storage backend.
/// </summary>
internal sealed class RegistryHost : IRegistry, IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly TemporaryFolder folder;

    private RegistryHost(WebApplication app, TemporaryFolder folder)
    {
        (this.app, this.folder) = (app, folder);
        Address = new Uri(
            app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Client = new HttpClient { BaseAddress = Address };
    }

    /// <inheritdoc/>
    public Uri Address { get; }

    /// <inheritdoc/>
    public HttpClient Client { get; }

    public LogRecorder Log => Services.GetRequiredService<LogRecorder>();

    /// <inheritdoc/>
    public IEnumerable<string> Messages => Log.Entries.Select(static entry => entry.Message);

    public IServiceProvider Services => app.Services;

    public static Task<RegistryHost> StartAsync(
        params string[] settings) => StartAsync(services: null, routes: null, settings);

    /// <param name="settings">Settings with the names of environment variables.</param>
    public static Task<RegistryHost> StartAsync(IEnumerable<(string Name, string? Value)> settings) =>
        StartAsync(ArgumentsOf(settings));

    /// <summary>Returns the arguments that have the effect of environment variables.</summary>
    public static string[] ArgumentsOf(IEnumerable<(string Name, string? Value)> settings) =>
    [
        .. settings.Select(static setting =>
            $"--{setting.Name.Replace("__", ":", StringComparison.Ordinal)}={setting.Value}"),
    ];

    /// <param name="services">Replaces services; null for none.</param>
    /// <param name="routes">Adds routes; null for none.</param>
    /// <param name="settings">Settings as on the command line, such as <c>--Limits:RequestBytes=1000</c>.</param>
    public static async Task<RegistryHost> StartAsync(
        Action<IServiceCollection>? services, Action<WebApplication>? routes = null, params string[] settings)
    {
        var folder = new TemporaryFolder();
        WebApplication? app = null;
        try
        {
            app = RegistryApplication.Build(
                [
                    "--urls=http://127.0.0.1:0", $"--Filesystem:Path={folder.Below("data")}",
                    $"--Gcs:StagingFolder={folder.Below("staging")}", .. settings
                ],
                builder =>
                {
                    var log = new LogRecorder();
                    builder.Logging.ClearProviders().AddProvider(log);
                    builder.Services.AddSingleton(log);
                    services?.Invoke(builder.Services);
                });
            routes?.Invoke(app);
            await app.StartAsync();
            return new RegistryHost(app, folder);
        }
        catch
        {
            await (app?.DisposeAsync() ?? default);
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Adds a release in media type helm to the index of a package, without content.</summary>
    public Task<PackageIndex?> PushAsync(string package, string release) =>
        PushAsync(Samples.Package(package), Samples.Complete(Samples.Manifest(release, "helm")));

    /// <summary>Adds a release as an earlier version stored it.</summary>
    public Task<PackageIndex?> PushIncompleteAsync(string package, string release) =>
        PushAsync(Samples.Package(package), Samples.Manifest(release, "helm"));

    private Task<PackageIndex?> PushAsync(PackageName package, Manifest manifest) =>
        Services.GetRequiredService<PackageIndexes>().UpdateAsync(
            package, Samples.Push(package, manifest), CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        folder.Dispose();
    }
}
