using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using NUnit.Framework;
using Registry.Api.Health;
using Registry.Api.Hosting;
using Registry.Core.Content;
using Registry.Tests.Support;
using Registry.Tests.Support.Deploy;

namespace Registry.Tests.Unit.Deploy;

/// <summary>Each overlay uses existing settings and routes, and leaves enough time and resources.</summary>
internal sealed class ManifestSettingsTests
{
    private static IEnumerable<Overlay> Overlays => Overlay.All;

    [TestCaseSource(nameof(Overlays))]
    public void Every_variable_is_a_setting(Overlay overlay)
    {
        var variables = overlay.Environment.Select(static variable => $"{variable["name"]}").ToList();
        Assert.That(variables, Is.SubsetOf(KnownSettings.All).And.Unique);
        Assert.That(
            overlay.Environment.Select(
                static variable => variable.ContainsKey("value") != variable.ContainsKey("valueFrom")),
            Is.All.True);
    }

    [TestCaseSource(nameof(Overlays))]
    public void The_environment_omits_service_links_and_the_image_has_the_current_version(Overlay overlay)
    {
        Assert.That(overlay.Pod["enableServiceLinks"]?.GetValue<bool>(), Is.False);
        Assert.That($"{overlay.Container["image"]}", Does.EndWith($":{ProductVersion.Text}"));
    }

    /// <summary>Volume folders are moved and secrets made up; everything else is as in the manifests.</summary>
    [TestCaseSource(nameof(Overlays))]
    public void The_registry_accepts_the_settings(Overlay overlay)
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority();
        var settings = new Dictionary<string, string?>();
        foreach (var variable in overlay.Environment)
        {
            var name = $"{variable["name"]}";
            settings[name.Replace("__", ":", StringComparison.Ordinal)] = variable.ContainsKey("value")
                || variable["valueFrom"]!["configMapKeyRef"] is not null
                ? Relocate(overlay, overlay.ValueOf(name)!, folder)
                : Secret(overlay, $"{variable["valueFrom"]!["secretKeyRef"]!["key"]}");
        }

        foreach (var certificate in settings.Where(
            static setting => setting.Key.EndsWith("CAFILE", StringComparison.Ordinal)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(certificate.Value)!);
            File.Copy(authority.File, certificate.Value!);
        }

        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var services = new ServiceCollection();
        services.AddStorage(configuration);
        services.AddRegistry(configuration);
        using var provider = services.BuildServiceProvider();
        Assert.That(() => RegistrySettings.Validate(provider, RegistrySettings.Errors(configuration)), Throws.Nothing);
        Assert.That(
            configuration["STORAGE"],
            Is.EqualTo($"{overlay}".Split('-')[0].Replace("single", "filesystem", StringComparison.Ordinal)));
        // Stored data must not be deleted with the container.
        if (configuration["FILESYSTEM:PATH"] is { } data)
            Assert.That(
                Volume(overlay, overlay.ValueOf("FILESYSTEM__PATH")!)!["persistentVolumeClaim"], Is.Not.Null, data);
    }

    [TestCaseSource(nameof(Overlays))]
    public async Task Probes_use_existing_routes(Overlay overlay)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await using var host = await RegistryHost.StartAsync();
        foreach (var probe in ManifestTests.Probes(overlay))
        {
            // A registry is ready once it has loaded its packages.
            while (await StatusAsync($"{probe["path"]}") == HttpStatusCode.ServiceUnavailable)
                await Task.Delay(20, deadline.Token);
            Assert.That(await StatusAsync($"{probe["path"]}"), Is.EqualTo(HttpStatusCode.OK), $"{probe["path"]}");
        }

        Assert.That(
            $"{overlay.Container["livenessProbe"]!["httpGet"]!["path"]}",
            Is.Not.EqualTo($"{overlay.Container["readinessProbe"]!["httpGet"]!["path"]}"));

        async Task<HttpStatusCode> StatusAsync(string path)
        {
            using var response = await host.Client.GetAsync(path, deadline.Token);
            return response.StatusCode;
        }
    }

    [TestCaseSource(nameof(Overlays))]
    public async Task The_termination_grace_period_covers_pending_requests(Overlay overlay)
    {
        using var folder = new TemporaryFolder();
        await using var app = RegistryApplication.Build([$"--Filesystem:Path={folder.Below("data")}"]);
        var shutdown = app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout;
        var pause = int.Parse(
            $"{overlay.Container["lifecycle"]!["preStop"]!["exec"]!["command"]![1]}", CultureInfo.InvariantCulture);
        Assert.That(
            overlay.Pod["terminationGracePeriodSeconds"]!.GetValue<int>(),
            Is.GreaterThan(shutdown.TotalSeconds + pause));
    }

    [TestCaseSource(nameof(Overlays))]
    public void Resources_cover_the_configured_limits(Overlay overlay)
    {
        var resources = overlay.Container["resources"]!;
        foreach (var (name, requested) in resources["requests"]!.AsObject())
            Assert.That(Amount($"{resources["limits"]![name]}"), Is.GreaterThanOrEqualTo(Amount($"{requested}")), name);

        // Twice what 100,000 packages and large pushes may take, to leave headroom for the garbage collector.
        Assert.That(Amount($"{resources["limits"]!["memory"]}"), Is.GreaterThanOrEqualTo(512 << 20));

        // A package is buffered in full in the folder for temporary files (backups) or in that for uploads; both count
        // as storage of the node.
        var local = overlay.Pod["volumes"]!.AsArray()
            .Where(static volume => volume!["emptyDir"] is not null)
            .Select(static volume => Amount($"{volume!["emptyDir"]!["sizeLimit"]}"))
            .ToList();
        Assert.That(local, Is.All.GreaterThan(new ContentLimits().MaxPackageBytes));
        Assert.That(Amount($"{resources["limits"]!["ephemeral-storage"]}"), Is.GreaterThan(local.Sum()));
    }

    /// <summary>Returns the volume that contains the path, or null.</summary>
    private static JsonNode? Volume(Overlay overlay, string path) =>
        Mount(overlay, path) is { } mount
            ? overlay.Pod["volumes"]!.AsArray().Single(volume => $"{volume!["name"]}" == $"{mount["name"]}")
            : null;

    private static JsonNode? Mount(Overlay overlay, string path) =>
        overlay.Container["volumeMounts"]!.AsArray()
            .FirstOrDefault(
                mount =>
                    path == $"{mount!["mountPath"]}"
                        || path.StartsWith($"{mount["mountPath"]}/", StringComparison.Ordinal));

    private static string Relocate(Overlay overlay, string value, TemporaryFolder folder)
    {
        if (!value.StartsWith('/'))
            return value;
        Assert.That(Mount(overlay, value), Is.Not.Null, $"{value} is not on a volume, and the root is read-only");
        return folder.Path + value;
    }

    private static string Secret(Overlay overlay, string key) => key switch
    {
        "endpoints" when overlay.ValueOf("ETCD__CAFILE") is not null =>
            "https://etcd-0.etcd:2379,https://etcd-1.etcd:2379,https://etcd-2.etcd:2379",
        "endpoints" => "http://etcd-0.etcd:2379,http://etcd-1.etcd:2379,http://etcd-2.etcd:2379",
        "configuration" => "redis.example:6379,password=secret",
        _ => $"a {key}",
    };

    private static double Amount(string quantity) => quantity switch
    {
        [.. var number, 'G', 'i'] => Number(number) * (1L << 30),
        [.. var number, 'M', 'i'] => Number(number) * (1L << 20),
        [.. var number, 'K', 'i'] => Number(number) * (1L << 10),
        [.. var number, 'm'] => Number(number) / 1000,
        _ => Number(quantity),
    };

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
