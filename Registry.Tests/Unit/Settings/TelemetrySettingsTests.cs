using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using Registry.Api.Hosting;

namespace Registry.Tests.Unit.Settings;

/// <summary>Validation of the settings of telemetry.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class TelemetrySettingsTests
{
    [TestCase(65536, "localhost", "TELEMETRY__PORT is 65536;")]
    [TestCase(-1, "localhost", "TELEMETRY__PORT is -1;")]
    [TestCase(9464, "registry.example.org", "TELEMETRY__ADDRESS is 'registry.example.org';")]
    [TestCase(9464, "", "TELEMETRY__ADDRESS is '';")]
    public void An_invalid_port_or_address_is_reported(int port, string address, string error) => Assert.That(
        new TelemetrySettings { Port = port, Address = address }.Errors().Single(),
        Does.StartWith(error));

    [TestCase("localhost")]
    [TestCase("*")]
    [TestCase("10.0.0.1")]
    [TestCase("::")]
    public void Valid_addresses_are_accepted(string address) => Assert.That(
        new TelemetrySettings { Port = 9464, Address = address }.Errors(), Is.Empty);

    [TestCase("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")]
    [TestCase("OTEL_EXPORTER_OTLP_PROTOCOL", "http")]
    [TestCase("OTEL_EXPORTER_OTLP_TIMEOUT", "10s")]
    [TestCase("OTEL_TRACES_EXPORTER", "console")]
    [TestCase("OTEL_METRICS_EXPORTER", "prometheus")]
    [TestCase("OTEL_METRIC_EXPORT_INTERVAL", "0")]
    [TestCase("OTEL_TRACES_SAMPLER", "sometimes")]
    [TestCase("OTEL_TRACES_SAMPLER_ARG", "2")]
    [TestCase("OTEL_RESOURCE_ATTRIBUTES", "production")]
    public void An_invalid_variable_of_OpenTelemetry_is_reported(string name, string value) =>
        Assert.That(ErrorsOf((name, value)).Single(), Does.StartWith($"{name} is '{value}'; expected "));

    [Test]
    public void Headers_may_contain_a_credential_and_are_not_repeated() => Assert.That(
        ErrorsOf(("OTEL_EXPORTER_OTLP_HEADERS", "secret")).Single(),
        Does.StartWith("OTEL_EXPORTER_OTLP_HEADERS is malformed").And.Not.Contain("secret"));

    [TestCase("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example.org/otlp")]
    [TestCase("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer x, tenant=me")]
    [TestCase("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")]
    [TestCase("OTEL_TRACES_SAMPLER_ARG", "0.25")]
    [TestCase("OTEL_TRACES_SAMPLER_ARG", "")]
    public void Valid_variables_of_OpenTelemetry_are_accepted(string name, string value) =>
        Assert.That(ErrorsOf((name, value)), Is.Empty);

    [TestCase("urls", "http://localhost:5123")]
    [TestCase("urls", "http://localhost:80;http://[::1]:5123")]
    [TestCase("http_ports", "80;5123")]
    public void The_port_of_the_registry_is_rejected(string name, string value) => Assert.That(
        ErrorsOf((name, value), ("Telemetry:Port", "5123")).Single(),
        Does.StartWith("TELEMETRY__PORT is 5123, which the registry itself listens on"));

    [Test]
    public void The_default_port_of_the_registry_is_rejected() => Assert.That(
        ErrorsOf(("Telemetry:Port", "5000")).Single(), Does.StartWith("TELEMETRY__PORT is 5000"));

    private static IEnumerable<string> ErrorsOf(params IEnumerable<(string Name, string Value)> settings) =>
        RegistrySettings.Errors(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.ToDictionary(
                static setting => setting.Name, static setting => (string?)setting.Value))
            .Build());
}
