using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Registry.Api.Health;
using Registry.Api.Hosting;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.EndToEnd;

/// <summary>Startup of the process, successful and failing.</summary>
public sealed partial class StartTests : EndToEndTest
{
    private const int DefaultPort = 5000;

    [Test]
    public async Task It_listens_on_port_5000_of_localhost_by_default()
    {
        if (IPGlobalProperties.GetIPGlobalProperties()
            .GetActiveTcpListeners()
            .Any(static listener => listener.Port == DefaultPort))
            Assert.Ignore($"Port {DefaultPort} is in use on this machine.");
        var registry = Launch(RegistryProcess.Command, ("ASPNETCORE_URLS", null));
        await registry.ReadyAsync();

        Assert.That(registry.Address, Is.EqualTo(new Uri($"http://localhost:{DefaultPort}")));
        Assert.That(Directory.Exists(Data), "./data is below the working directory");
    }

    [Test]
    public async Task ASPNETCORE_URLS_sets_the_address()
    {
        var port = ServerProcess.FreePort();
        var registry = Launch(RegistryProcess.Command, ("ASPNETCORE_URLS", $"http://127.0.0.1:{port}"));
        await registry.ReadyAsync();

        Assert.That(registry.Address.Port, Is.EqualTo(port));
    }

    [Test]
    public async Task A_port_in_use_is_a_one_line_error()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var registry = Launch(RegistryProcess.Command, ("ASPNETCORE_URLS", $"http://{taken.LocalEndpoint}"));

        Assert.That(await registry.ExitAsync(), Is.EqualTo(1));
        Assert.That(registry.Errors.Split('\n'), Has.Length.EqualTo(1).And.Some.Contains($"{taken.LocalEndpoint}"));
        Assert.That(registry.Log, Is.Empty, "the failure is not logged a second time");
    }

    [Test]
    public async Task A_port_in_use_is_no_fault_of_background_services()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var token = Path.Combine(Folder, "admin");
        await File.WriteAllTextAsync(token, "token-of-the-administrator");
        var registry = Launch(
            RegistryProcess.Command,
            ("ASPNETCORE_URLS", $"http://{taken.LocalEndpoint}"),
            ("TELEMETRY__PORT", $"{ServerProcess.FreePort()}"),
            ("AUTH__MODE", "tokens"),
            ("AUTH__ADMINTOKENFILE", token));

        Assert.That(await registry.ExitAsync(), Is.EqualTo(1));
        Assert.That(registry.Log, Is.All.Contains(" info: "));
    }

    [Test]
    public async Task HTTPS_without_a_certificate_is_a_one_line_error()
    {
        var errors = await RefusesAsync(("ASPNETCORE_URLS", "https://127.0.0.1:0"), ("HOME", Folder));
        Assert.That(errors.Split('\n'), Has.Length.EqualTo(1).And.Some.Contains("certificate"));
    }

    [Test]
    public async Task A_deleted_working_directory_is_a_one_line_error()
    {
        var registry = Launch(
            ["sh", "-c", "mkdir gone && cd gone && rmdir ../gone && exec \"$0\" \"$@\"", .. RegistryProcess.Command]);
        Assert.That(await registry.ExitAsync(), Is.EqualTo(1));
        Assert.That(
            registry.Errors,
            Is.EqualTo(
                "FILESYSTEM__PATH is './data', but the working directory does not exist any more; expected an "
                    + "absolute path."));
    }

    [Test]
    public async Task The_version_is_printed()
    {
        var registry = Launch([.. RegistryProcess.Command, "--version"]);
        Assert.That(await registry.ExitAsync(), Is.Zero);
        Assert.That(registry.Log, Is.EqualTo(new[] { ProductVersion.Text }));
    }

    [Test]
    public async Task Dotnet_run_keeps_the_working_directory_and_stops_on_SIGTERM()
    {
        var registry = Launch(
            [
                "dotnet", "run", "--project", Path.Combine(RegistryProcess.Root, "Registry.Api"), "-c",
                RegistryProcess.Configuration, "--no-build"
            ]);
        await registry.ReadyAsync();
        using (var pushed = await PushAsync(registry, "run/it", "1.0.0", new SeededPackage(1, 100)))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));

        Assert.That(Directory.Exists(Path.Combine(Data, "documents")));
        await registry.StopAsync();
        Assert.That(
            () => registry.Client.GetAsync("/healthz", CancellationToken), Throws.InstanceOf<HttpRequestException>());
    }

    [Test]
    public async Task A_started_service_is_healthy_and_ready()
    {
        var registry = await StartAsync(("STORAGE", "FileSystem"));

        Assert.That((await GetJsonAsync(registry, "/healthz")).GetProperty("status").GetString(), Is.EqualTo("ok"));
        Assert.That((await GetJsonAsync(registry, "/readyz")).GetProperty("status").GetString(), Is.EqualTo("ready"));
        await registry.StopAsync();
        Assert.That(
            registry.Log,
            Has.One.EndsWith(
                $"Registry {ProductVersion.Text}, filesystem at {Data}, 0 packages, listening on "
                    + $"{registry.Address.ToString().TrimEnd('/')}"));
    }

    [Test]
    public async Task An_unknown_storage_is_refused_with_the_valid_names()
    {
        var errors = await RefusesHereAsync(("STORAGE", "floppy"));
        Assert.That(errors, Does.Contain("STORAGE").And.Contain("floppy"));
        foreach (var name in (string[])["filesystem", "redis", "etcd", "gcs"])
            Assert.That(errors, Does.Contain(name));
    }

    [Test]
    public async Task All_invalid_settings_are_reported_together()
    {
        var file = Path.Combine(Folder, "file");
        await File.WriteAllTextAsync(file, "", CancellationToken);
        var errors = await RefusesAsync(
            ("LIMITS__RATIO", "0"),
            ("LIMITS__REQUESTBYTES", "many"),
            ("COLLECTION__GRACESECONDS", "1"),
            ("PROXIES__TRUSTED", "proxy"),
            ("FILESYSTEM__PATH", file));
        foreach (var setting in (string[])[
            "LIMITS__RATIO", "LIMITS__REQUESTBYTES", "COLLECTION__GRACESECONDS", "PROXIES__TRUSTED",
            "FILESYSTEM__PATH"
        ])
            Assert.That(errors, Does.Contain(setting));
        Assert.That(Directory.GetFileSystemEntries(Folder), Has.Length.EqualTo(1), "nothing was created");
    }

    [Test]
    public async Task Each_invalid_name_value_and_address_is_one_line()
    {
        var errors = await RefusesAsync(
            ("ASPNETCORE_URLS", "http://127.0.0.1:99999;localhost:80;http://localhost:http;ftp://localhost"),
            ("ASPNETCORE_HTTP_PORTS", "70000"),
            ("Logging__LogLevel__Default", "Foo"),
            ("STORAGE", ""),
            ("FILESYSTEM__PAHT", "/x"),
            ("FILESYSTEM_PATH", "/x"),
            ("LIMITS__PACKAGEBYTES", "1 GB or so"),
            // Set by Kubernetes for services with these names.
            ("REDIS_PORT", "tcp://10.0.0.1:6379"),
            ("ETCD_SERVICE_HOST", "10.0.0.1"));
        const string Address = "expected http://HOST:PORT or https://HOST:PORT, with a port from 0 to 65535.";
        Assert.That(errors.Split('\n'), Is.EquivalentTo(new[]
        {
            "FILESYSTEM__PAHT is unknown. Did you mean FILESYSTEM__PATH?",
            "FILESYSTEM_PATH is unknown. Did you mean FILESYSTEM__PATH, with two underscores?",
            "STORAGE is ''; expected one of filesystem, redis, etcd, gcs.",
            $"ASPNETCORE_URLS contains 'http://127.0.0.1:99999'; {Address}",
            $"ASPNETCORE_URLS contains 'localhost:80'; {Address}",
            $"ASPNETCORE_URLS contains 'http://localhost:http'; {Address}",
            $"ASPNETCORE_URLS contains 'ftp://localhost'; {Address}",
            "ASPNETCORE_HTTP_PORTS contains '70000'; expected a port from 0 to 65535.",
            "Logging__LogLevel__Default is 'Foo'; expected one of Trace, Debug, Information, Warning, Error, "
                + "Critical, None.",
            "LIMITS__PACKAGEBYTES is '1 GB or so'; expected a number of bytes, or a size such as 512MiB.",
        }));
    }

    [Test]
    public async Task A_command_that_blocks_stops_at_the_first_signal()
    {
        // Nothing is ever written to the pipe, so the read never returns, and no token cancels it.
        await Curl.ShellAsync(Folder, "mkfifo pipe", CancellationToken);
        await using var writer = new FileStream(Path.Combine(Folder, "pipe"), FileMode.Open, FileAccess.ReadWrite);
        var import = Launch([.. RegistryProcess.Command, "import-backup", "pipe"], ("FILESYSTEM__PATH", Data));
        while (!Directory.Exists(Path.Combine(Data, "documents")))
            await Task.Delay(50, CancellationToken);

        Assert.That(await import.StopAsync(), Is.EqualTo(1));
        Assert.That(import.Errors, Is.EqualTo("'import-backup' was interrupted before it finished."));
    }

    /// <summary>Asserts exit code 1; returns the error output, which has no stack trace.</summary>
    private Task<string> RefusesAsync(params (string, string?)[] settings) => RefusesAsync([], settings);

    private async Task<string> RefusesAsync(string[] command, params (string, string?)[] settings)
    {
        var registry = Launch([.. RegistryProcess.Command, .. command], settings);
        Assert.That(await registry.ExitAsync(), Is.EqualTo(1), string.Join('\n', registry.Log));
        Assert.That(registry.Errors, Is.Not.Empty.And.Not.Contain("   at ").And.Not.Contain("Unhandled"));
        Assert.That(registry.Log, Has.None.Contains("Now listening"));
        return registry.Errors;
    }

    /// <summary>The same in this process, which is faster.</summary>
    private async Task<string> RefusesHereAsync(params (string, string?)[] settings)
    {
        await using var errors = new StringWriter();
        var code = await RegistryApplication.RunAsync(
            [
                "--urls=http://127.0.0.1:0",
                .. RegistryHost.ArgumentsOf([("FILESYSTEM__PATH", Data), .. settings]),
            ],
            static builder => builder.Logging.ClearProviders(),
            errors).WaitAsync(CancellationToken);
        Assert.That(code, Is.EqualTo(1));
        Assert.That($"{errors}", Is.Not.Empty.And.Not.Contain("   at "));
        return $"{errors}".TrimEnd();
    }
}
