using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Oci;

/// <summary>
/// The base of tests of the OCI distribution API: a service on the filesystem for each fixture, whose log must have no
/// errors.
/// </summary>
public abstract class OciTest
{
    private int repositories;

    internal RegistryHost Host { get; private set; } = null!;

    /// <summary>The settings, as on the command line.</summary>
    protected virtual string[] Settings => [];

    [OneTimeSetUp]
    public async Task StartAsync() => Host = await RegistryHost.StartAsync(Settings);

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        var faults = Host.Log.Faults.Select(static fault => $"{fault.Message} {fault.Exception?.Message}").ToList();
        await Host.DisposeAsync();
        Assert.That(faults, Is.Empty);
    }

    /// <summary>Returns a repository that no other test uses.</summary>
    internal OciRepository New() => Of($"test/r{Interlocked.Increment(ref repositories)}");

    internal OciRepository Of(string name) => new(Host.Client, name);
}
