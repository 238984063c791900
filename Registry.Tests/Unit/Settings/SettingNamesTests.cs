using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using NUnit.Framework;
using Registry.Api.Hosting;
using Registry.Tests.Support;
using Registry.Tests.Support.Deploy;

namespace Registry.Tests.Unit.Settings;

/// <summary>Which setting names are rejected, by source.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class SettingNamesTests
{
    [TestCase("--Limits:PackageByte=5", "--Limits:PackageByte is unknown. Did you mean --Limits:PackageBytes?")]
    [TestCase("--Filesytem:Path=/x", "--Filesytem:Path is unknown. Did you mean --Filesystem:Path?")]
    [TestCase("--filesystem:path:more=/x", "--filesystem:path:more is unknown. Did you mean --Filesystem:Path?")]
    [TestCase("--Limits=5", "--Limits is unknown.")]
    [TestCase("--Nothing:Like:It=5", "--Nothing:Like:It is unknown.")]
    [TestCase("--Redis:Pasword=5", "--Redis:Pasword is unknown.")]
    public void Unknown_command_line_settings_are_rejected(string argument, string expectedError) =>
        Assert.That(
            ErrorsOf(new ConfigurationBuilder().AddCommandLine([argument])), Is.EqualTo(new[] { expectedError }));

    [TestCase("--limits:packagebytes=5")]
    [TestCase("--urls=http://localhost:1")]
    [TestCase("--STORAGE=redis")]
    [TestCase("--Storage_Emulator_Host=localhost:1")]
    [TestCase("--Logging:LogLevel:Anything.At.All=None")]
    [TestCase("--Kestrel:Endpoints:Http:Url=http://localhost:1")]
    public void Known_and_framework_command_line_settings_are_accepted(string argument) =>
        Assert.That(ErrorsOf(new ConfigurationBuilder().AddCommandLine([argument])), Is.Empty);

    [TestCase("FILESYSTEM__PAHT", "FILESYSTEM__PAHT is unknown. Did you mean FILESYSTEM__PATH?")]
    [TestCase("Redis__Port", "REDIS__PORT is unknown.")]
    [TestCase("LIMITS__RATIO__MORE", "LIMITS__RATIO__MORE is unknown.")]
    [TestCase("FILESYSTEM_PATH", "FILESYSTEM_PATH is unknown. Did you mean FILESYSTEM__PATH, with two underscores?")]
    [TestCase("gcs_bucket", "gcs_bucket is unknown. Did you mean GCS__BUCKET, with two underscores?")]
    public void Unknown_environment_variables_of_the_registry_are_rejected(string variable, string expectedError) =>
        Assert.That(ErrorsOfEnvironment(variable), Has.One.StartsWith(expectedError));

    [TestCase("REDIS_PORT")]
    [TestCase("REDIS_PORT_6379_TCP")]
    [TestCase("REDIS_SERVICE_HOST")]
    [TestCase("ETCD_SERVICE_HOST")]
    [TestCase("REGISTRY_SERVICE_HOST")]
    [TestCase("REDIS")]
    [TestCase("CACHE")]
    [TestCase("SOMETHING__ELSE")]
    [TestCase("FROM__FILESYSTEM__PAHT")]
    [TestCase("LOGGING__LOGLEVEL__DEFAULT")]
    [TestCase("ASPNETCORE_URLS")]
    public void Other_environment_variables_are_ignored(string variable) =>
        Assert.That(ErrorsOfEnvironment(variable), Is.EqualTo(ErrorsOfEnvironment("NONE")));

    [Test]
    public void Members_of_registry_sections_in_a_file_are_checked()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(
            folder.Below("appsettings.json"),
            """{"Limits":{"Ratio":5,"Ratios":5},"Proxies":{"Trusted":["10.0.0.1"]},"Cache":1,"Other":{"A":1},"Logging":{"A":1}}""");
        Assert.That(
            ErrorsOf(new ConfigurationBuilder().SetBasePath(folder.Path).AddJsonFile("appsettings.json")),
            Is.EquivalentTo(new[]
            {
                "Limits:Ratios in appsettings.json is unknown. Did you mean Limits:Ratio?",
                "Proxies:Trusted:0 in appsettings.json is unknown. Did you mean Proxies:Trusted?",
                "Cache in appsettings.json is unknown.",
            }));
    }

    [Test]
    public void Migration_prefixes_are_allowed_only_before_known_settings() => Assert.That(
        ErrorsOf(
            new ConfigurationBuilder().AddCommandLine(["--from:Redis:Prefix=a:", "--TO:Redis:Prefx=b:"]), "from", "to"),
        Is.EqualTo(new[] { "--to:Redis:Prefx is unknown. Did you mean --to:Redis:Prefix?" }));

    [Test]
    public void The_documentation_lists_exactly_the_known_settings()
    {
        var text = File.ReadAllText(Path.Combine(RegistryProcess.Root, "Documentation", "configuration.md"));
        var documented = text.Split('\n')
            .Where(static line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(static line => line.Split('`')[1])
            .Where(static name => !name.Any(char.IsLower))
            .ToList();
        Assert.That(documented, Is.Unique);
        Assert.That(
            documented, Is.EquivalentTo(KnownSettings.All.Where(static name => name != "ASPNETCORE_HTTP_PORTS")));
    }

    private static List<string> ErrorsOf(IConfigurationBuilder builder, params string[] sides) =>
        [.. SettingNames.Errors(builder.Build(), sides)];

    private static List<string> ErrorsOfEnvironment(string variable)
    {
        var provider = new EnvironmentVariablesConfigurationProvider();
        using var root = new ConfigurationRoot([provider]);
        provider.Set(variable.Replace("__", ":", StringComparison.Ordinal), "value");
        return [.. SettingNames.Errors(root)];
    }
}
