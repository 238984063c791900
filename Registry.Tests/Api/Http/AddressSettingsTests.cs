using NUnit.Framework;
using Registry.Api.Hosting;
using Registry.Core.Settings;

namespace Registry.Tests.Api.Http;

/// <summary>Validation of the settings for path prefix, origins and hosts.</summary>
public sealed class AddressSettingsTests
{
    [TestCase("PATHBASE", "registry")]
    [TestCase("PATHBASE", "//registry")]
    [TestCase("PATHBASE", "/a//b")]
    [TestCase("PATHBASE", "/a/../b")]
    [TestCase("PATHBASE", "/a?b")]
    [TestCase("PATHBASE", "https://example.org/a")]
    [TestCase("PATHBASE", "/api")]
    [TestCase("PATHBASE", "/api/v1/x")]
    [TestCase("PATHBASE", "/cnr")]
    [TestCase("PATHBASE", "/swagger")]
    [TestCase("Cors:Origins", "ui.example.org")]
    [TestCase("Cors:Origins", "https://ui.example.org/")]
    [TestCase("Cors:Origins", "https://ui.example.org, *")]
    [TestCase("Cors:Origins", "null")]
    [TestCase("Hosts:Allowed", "registry.example.org:5000")]
    [TestCase("Hosts:Allowed", "https://registry.example.org")]
    [TestCase("Hosts:Allowed", "registry.example.org, *")]
    [TestCase("Hosts:Allowed", "::1")]
    public void An_invalid_value_is_reported_at_startup(string setting, string value) =>
        Assert.That(
            () =>
                RegistryApplication.Build([$"--{setting}={value}"]), Throws.Exception.With.Message.Contains(
                    Setting.VariableOf(setting)));

    [TestCase("PATHBASE", "")]
    [TestCase("PATHBASE", "/")]
    [TestCase("PATHBASE", "/a/b-c_d.e~f/")]
    [TestCase("PATHBASE", "/api/registry")]
    [TestCase("Cors:Origins", "https://ui.example.org:8443, http://[::1]:3000, chrome-extension://abc")]
    [TestCase("Hosts:Allowed", "registry, registry.example.org, 10.0.0.1, [::1]")]
    public async Task Valid_values_are_accepted(string setting, string value) =>
        await RegistryApplication.Build([$"--{setting}={value}"]).DisposeAsync();
}
