using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using NUnit.Framework;
using Registry.Api.Hosting;
using Registry.Tests.Support;
using Registry.Tests.Support.Deploy;

namespace Registry.Tests.Unit.Deploy;

/// <summary>The systemd unit, as far as it can be checked without systemd.</summary>
internal sealed class SystemdUnitTests
{
    private static readonly ILookup<string, string> Unit = File
        .ReadLines(Path.Combine(RegistryProcess.Root, "deploy", "systemd", "registry.service"))
        .Where(static line => line.Contains('=', StringComparison.Ordinal) && line[0] != '#')
        .Select(static line => line.Split('=', 2))
        .ToLookup(static pair => pair[0], static pair => pair[1]);

    [Test]
    public void Every_variable_is_a_setting_or_belongs_to_the_runtime()
    {
        var names = Unit["Environment"].Select(static variable => variable.Split('=')[0]).ToList();
        Assert.That(
            names.Where(static name => !name.StartsWith("DOTNET_", StringComparison.Ordinal)),
            Is.SubsetOf(KnownSettings.All).And.Unique);
        Assert.That(names, Does.Contain("FILESYSTEM__PATH"));
    }

    [Test]
    public void The_data_is_in_the_only_writable_folder_of_the_unit()
    {
        var state = $"/var/lib/{Unit["StateDirectory"].Single()}";
        Assert.That(Unit["ProtectSystem"], Is.EqualTo(new[] { "strict" }));
        Assert.That(Unit["Environment"], Has.One.StartsWith($"FILESYSTEM__PATH={state}/"));
        Assert.That(Unit["ReadWritePaths"], Is.Empty);
    }

    [Test]
    public async Task The_stop_timeout_covers_pending_requests()
    {
        using var folder = new TemporaryFolder();
        await using var app = RegistryApplication.Build([$"--Filesystem:Path={folder.Below("data")}"]);
        var shutdown = app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout;
        Assert.That(
            int.Parse(Unit["TimeoutStopSec"].Single(), CultureInfo.InvariantCulture),
            Is.GreaterThan(shutdown.TotalSeconds));
    }

    [Test]
    public void The_documented_publish_folder_is_the_one_that_the_unit_starts()
    {
        var page = File.ReadAllText(Path.Combine(RegistryProcess.Root, "Documentation", "production.md"));
        var program = Unit["ExecStart"].Single().Split(' ')[1];
        Assert.That(page, Does.Contain($"dotnet publish Registry.Api -c Release -o {Path.GetDirectoryName(program)}"));
        Assert.That(
            Path.GetFileName(program), Is.EqualTo($"{typeof(RegistryApplication).Assembly.GetName().Name}.dll"));
        Assert.That(
            page, Does.Contain($"useradd --system --no-create-home --shell /usr/sbin/nologin {Unit["User"].Single()}"));
    }
}
