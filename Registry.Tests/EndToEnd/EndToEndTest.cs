using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using NUnit.Framework.Interfaces;
using Registry.Api.Health;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>
/// Runs real processes of the service over a temporary folder, and kills what a test leaves running. Tests that need no
/// process run the service in this one: a process costs a second of a processor.
/// </summary>
public abstract class EndToEndTest
{
    private readonly List<RegistryProcess> started = [];
    private readonly List<RegistryHost> hosts = [];

    /// <summary>The working directory of the processes.</summary>
    protected string Folder { get; private set; } = "";

    /// <summary>The data folder of the processes.</summary>
    protected string Data => Path.Combine(Folder, "data");

    /// <summary>Cancels a test that hangs; far longer than any test takes.</summary>
    protected CancellationToken CancellationToken { get; private set; }

    /// <summary>The timeout of a test, without its soak time.</summary>
    protected virtual TimeSpan Timeout => TimeSpan.FromMinutes(3);

    /// <summary>The soak time: <c>REGISTRY_SOAK_SECONDS</c>, 5 seconds by default.</summary>
    protected static TimeSpan Soak { get; } = TimeSpan.FromSeconds(Setting("SOAK_SECONDS", 5));

    [SetUp]
    public void MakeFolder()
    {
        Folder = Directory.CreateTempSubdirectory("registry-").FullName;
        CancellationToken = new CancellationTokenSource(Timeout + Soak).Token;
    }

    [TearDown]
    public async Task EndProcesses()
    {
        foreach (var registry in started)
        {
            await registry.DisposeAsync();
            if (TestContext.CurrentContext.Result.Outcome.Status == TestStatus.Failed)
                await TestContext.Out.WriteLineAsync(
                    $"{string.Join('\n', registry.Log.TakeLast(40))}\n{registry.Errors}");
        }

        started.Clear();
        foreach (var host in hosts)
            await host.DisposeAsync();
        hosts.Clear();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Returns a number from the environment.</summary>
    protected static int Setting(string name, int defaultValue) =>
        new ConfigurationBuilder().AddEnvironmentVariables("REGISTRY_").Build().GetValue(name, defaultValue);

    /// <summary>
    /// Starts the service over <see cref="Data"/> with these environment variables, and waits until it is ready.
    /// </summary>
    private protected async Task<RegistryProcess> StartAsync(params IEnumerable<(string Name, string? Value)> settings)
    {
        var registry = await RegistryProcess.StartAsync(Folder, settings);
        lock (started)
            started.Add(registry);
        return registry;
    }

    /// <summary>
    /// Starts the service in this process, over <see cref="Data"/>, with settings that have the names of environment
    /// variables.
    /// </summary>
    private protected Task<RegistryHost> HostAsync(params IEnumerable<(string Name, string? Value)> settings) =>
        HostAsync(RegistryHost.ArgumentsOf([("FILESYSTEM__PATH", Data), .. settings]));

    /// <summary>Starts the service in this process, with these arguments.</summary>
    private protected async Task<RegistryHost> HostAsync(string[] arguments)
    {
        var host = await RegistryHost.StartAsync(arguments);
        lock (hosts)
            hosts.Add(host);
        await host.Services.GetRequiredService<StorageReadiness>().ProbeAsync(CancellationToken);
        return host;
    }

    /// <summary>Stops a service before the end of the test.</summary>
    private protected async Task StopAsync(IRegistry registry)
    {
        if (registry is RegistryHost host)
        {
            lock (hosts)
                hosts.Remove(host);
            await host.DisposeAsync();
        }
        else
        {
            await ((RegistryProcess)registry).StopAsync();
        }
    }

    /// <summary>Starts a command without waiting and without setting the data folder.</summary>
    private protected RegistryProcess Launch(
        IReadOnlyList<string> command, params IEnumerable<(string Name, string? Value)> settings)
    {
        var registry = RegistryProcess.Launch(command, Folder, settings);
        lock (started)
            started.Add(registry);
        return registry;
    }

    /// <summary>Runs all tasks concurrently, after all of them are ready.</summary>
    protected static async Task<T[]> RaceAsync<T>(int runners, Func<int, Task<T>> run)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var tasks = Enumerable.Range(0, runners).Select(async number =>
        {
            await start.Task;
            return await run(number);
        }).ToArray();
        start.SetResult();
        return await Task.WhenAll(tasks);
    }

    /// <summary>Waits until a condition holds.</summary>
    protected async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        while (!await holds())
        {
            if (CancellationToken.IsCancellationRequested)
                Assert.Fail($"Timed out waiting until {what}.");
            await Task.Delay(50, CancellationToken.None);
        }
    }

    /// <summary>
    /// Lists the data files with their lengths (-1 if deleted meanwhile), without lock files, which stay.
    /// </summary>
    protected List<string> DataFiles() =>
    [
        .. new DirectoryInfo(Data).EnumerateFiles("*", SearchOption.AllDirectories)
            .Select(file => $"{Path.GetRelativePath(Data, file.FullName)} {(file.Exists ? file.Length : -1)}")
            .Where(static name => !name.StartsWith("locks/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    private protected Task<HttpResponseMessage> PushAsync(
        IRegistry registry, string package, string release, SeededPackage content) =>
        registry.Client.PostAsync($"/api/v1/packages/{package}", new PushContent(content, release), CancellationToken);

    /// <summary>Sends a GET request that must return 200.</summary>
    private protected async Task<JsonElement> GetJsonAsync(IRegistry registry, string path)
    {
        using var response = await registry.Client.GetAsync(path, CancellationToken);
        var text = await response.Content.ReadAsStringAsync(CancellationToken);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), $"{path}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Asserts status and code of an error, and that it contains no internals.</summary>
    protected async Task<string> AssertErrorAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        var text = await response.Content.ReadAsStringAsync(CancellationToken);
        Assert.That(response.StatusCode, Is.EqualTo(status), text);
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/json"), text);
        Assert.That(JsonDocument.Parse(text).RootElement.GetProperty("code").GetString(), Is.EqualTo(code), text);
        AssertNothingInternal(text);
        return text;
    }

    /// <summary>Asserts that a text contains no exception, type or path of the machine.</summary>
    protected void AssertNothingInternal(string response)
    {
        Assert.That(
            response,
            Does.Not.Contain(Folder).And.Not.Contain("   at ").And.Not.Contain("Exception").And.Not.Contain("System."));
        Assert.That(
            response,
            Does.Not.Contain("Registry.Core").And.Not.Contain("Registry.Storage").And.Not.Contain("Registry.Api."));
        Assert.That(
            response,
            Does.Not.Contain("/tmp/").And.Not
                .Contain(RegistryProcess.Root).And.Not
                .Contain("staging/").And.Not
                .Contain("/proc/"));
    }
}
