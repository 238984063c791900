using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Api.Hosting;

namespace Registry.Tests.Unit.Settings;

/// <summary>How settings are read and validated by the composition of the service.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class SettingsSectionTests
{
    [TestCase("5", 5)]
    [TestCase(" 5 ", 5)]
    [TestCase("1GiB", 1L << 30)]
    [TestCase("512mib", 512L << 20)]
    [TestCase("3 KiB", 3 << 10)]
    [TestCase("2TiB", 2L << 40)]
    [TestCase("1GB", 1_000_000_000)]
    [TestCase("7kB", 7_000)]
    public void A_size_is_a_number_of_bytes_or_has_a_unit(string text, long bytes)
    {
        using var services = Compose(("LIMITS:PACKAGEBYTES", text));
        Assert.That(services.GetRequiredService<LimitSettings>().PackageBytes, Is.EqualTo(bytes));
    }

    [TestCase(
        "LIMITS:PACKAGEBYTES",
        "1.5GiB",
        "LIMITS__PACKAGEBYTES is '1.5GiB'; expected a number of bytes, or a size such as 512MiB.")]
    [TestCase(
        "LIMITS:PACKAGEBYTES", "", "LIMITS__PACKAGEBYTES is ''; expected a number of bytes, or a size such as 512MiB.")]
    [TestCase(
        "LIMITS:PACKAGEBYTES",
        "99999999TiB",
        "LIMITS__PACKAGEBYTES is '99999999TiB'; expected a number of bytes, or a size such as 512MiB.")]
    [TestCase(
        "LIMITS:METADATABYTES",
        "3GiB",
        "LIMITS__METADATABYTES is '3GiB'; expected a number of bytes, or a size such as 64KiB, below 2GiB.")]
    [TestCase("LIMITS:RATIO", "1KiB", "LIMITS__RATIO is '1KiB'; expected a whole number up to 2147483647.")]
    [TestCase("UPDATES:BOUNDSECONDS", "soon", "UPDATES__BOUNDSECONDS is 'soon'; expected a number.")]
    [TestCase("LIMITS:ARCHIVEBYTES", "0", "LIMITS__ARCHIVEBYTES is 0; it must be above 0.")]
    [TestCase("LIMITS:ARCHIVEBYTES", "-1KiB", "LIMITS__ARCHIVEBYTES is -1024; it must be above 0.")]
    [TestCase("CACHE:INDEXBYTES", "-1", "CACHE__INDEXBYTES is -1; it must be 0 or above.")]
    [TestCase(
        "COLLECTION:PERIODSECONDS",
        "NaN",
        "COLLECTION__PERIODSECONDS is NaN; it must be at least 0.001 and below 4000000 seconds.")]
    [TestCase(
        "COLLECTION:PERIODSECONDS",
        "0.0009",
        "COLLECTION__PERIODSECONDS is 0.0009; it must be at least 0.001 and below 4000000 seconds.")]
    [TestCase(
        "COLLECTION:PERIODSECONDS",
        "4000000",
        "COLLECTION__PERIODSECONDS is 4000000; it must be at least 0.001 and below 4000000 seconds.")]
    [TestCase(
        "COLLECTION:STAGEDIDLESECONDS",
        "NaN",
        "COLLECTION__STAGEDIDLESECONDS is NaN; it must be above 0 and at most 100000000 seconds.")]
    [TestCase(
        "COLLECTION:GRACESECONDS",
        "59",
        "COLLECTION__GRACESECONDS is 59; it must be at least four times UPDATES__BOUNDSECONDS, which is 15.")]
    [TestCase(
        "PROXIES:TRUSTED",
        "10.0.0.1,proxy",
        "PROXIES__TRUSTED contains 'proxy'; expected an address such as 10.1.2.3 or a network such as 10.0.0.0/8.")]
    [TestCase("STORAGE", "floppy", "STORAGE is 'floppy'; expected one of filesystem, redis, etcd, gcs.")]
    [TestCase("STORAGE", "", "STORAGE is ''; expected one of filesystem, redis, etcd, gcs.")]
    [TestCase("FILESYSTEM:PATH", "", "FILESYSTEM__PATH is empty: name the folder that holds the data.")]
    public void An_invalid_value_is_reported_with_its_variable_and_the_expected_format(
        string key, string value, string expectedError)
    {
        var exception = Assert.Throws<StartupException>(() => Compose((key, value)).Dispose());
        Assert.That(exception?.Message, Is.EqualTo(expectedError));
    }

    [Test]
    public void All_errors_are_reported_at_once()
    {
        var exception = Assert.Throws<StartupException>(() => Compose(
            ("LIMITS:REQUESTBYTES", "many"),
            ("LIMITS:RATIO", "0"),
            ("UPDATES:BOUNDSECONDS", "-1"),
            ("COLLECTION:PERIODSECONDS", "0"),
            ("FILESYSTEM:PATH", "")).Dispose());
        foreach (var variable in (string[])[
            "LIMITS__REQUESTBYTES", "LIMITS__RATIO", "UPDATES__BOUNDSECONDS", "COLLECTION__PERIODSECONDS",
            "FILESYSTEM__PATH"
        ])
            Assert.That(exception?.Message.Split(Environment.NewLine), Has.One.StartsWith($"{variable} is"));
    }

    [Test]
    public void The_defaults_are_valid()
    {
        using var services = Compose();
        Assert.That(services.GetRequiredService<LimitSettings>().Content, Is.EqualTo(new Core.Content.ContentLimits()));
        Assert.That(
            services.GetRequiredService<Core.Packages.CollectionOptions>(),
            Is.EqualTo(new Core.Packages.CollectionOptions()));
    }

    private static ServiceProvider Compose(params IEnumerable<(string Key, string Value)> settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(
                settings.Select(static setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)))
            .Build();
        var services = new ServiceCollection();
        services.AddStorage(configuration);
        services.AddRegistry(configuration);
        var provider = services.BuildServiceProvider();
        try
        {
            RegistrySettings.Validate(provider, RegistrySettings.Errors(configuration));
            return provider;
        }
        catch
        {
            provider.Dispose();
            throw;
        }
    }
}
