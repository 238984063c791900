using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using NUnit.Framework;
using NUnit.Framework.Interfaces;
using Registry.Tests.Support;
using Registry.Tests.Support.Clients;

namespace Registry.Tests.EndToEnd.Clients;

/// <summary>
/// Tests of one registry, in this process, with real clients. It serves all tests of a fixture; each test has a
/// namespace, a folder and clients of its own.
/// </summary>
public abstract class ClientTest : EndToEndTest
{
    private static int namespaces;

    private RegistryHost? registry;

    /// <summary>The registry of the fixture.</summary>
    private protected RegistryHost Registry =>
        registry ?? throw new InvalidOperationException("The registry was not started.");

    /// <summary>A namespace that only this test uses.</summary>
    protected string Namespace { get; private set; } = "";

    /// <summary>The host and port of the registry, as OCI references contain them.</summary>
    protected string Host => Registry.Address.Authority;

    [OneTimeSetUp]
    public async Task StartRegistryAsync()
    {
        RequireClient();
        registry = await RegistryHost.StartAsync(await SettingsAsync());
    }

    [OneTimeTearDown]
    public async Task StopRegistryAsync()
    {
        if (registry is not null)
            await registry.DisposeAsync();
        await StopStorageAsync();
    }

    [SetUp]
    public void ChooseNamespace() => Namespace = $"team-{Interlocked.Increment(ref namespaces)}";

    [TearDown]
    public async Task ShowLogAsync()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == TestStatus.Failed)
            await TestContext.Out.WriteLineAsync(string.Join('\n', Registry.Log.Entries.TakeLast(40)));
    }

    /// <summary>Skips the tests of a client that is not installed.</summary>
    private protected virtual void RequireClient()
    {
    }

    /// <summary>Starts the storage of the registry; by default, the data is in its folder.</summary>
    /// <returns>The settings of the registry.</returns>
    private protected virtual Task<IEnumerable<(string Name, string? Value)>> SettingsAsync() =>
        Task.FromResult<IEnumerable<(string, string?)>>([]);

    /// <summary>Stops what <see cref="SettingsAsync"/> started.</summary>
    private protected virtual ValueTask StopStorageAsync() => ValueTask.CompletedTask;

    /// <summary>Pushes a chart through CNR.</summary>
    private protected Task PushThroughCnrAsync(SampleChart chart, string? release = null, bool force = false) =>
        SendAsync(HttpMethod.Post, $"/api/v1/packages/{Namespace}/{chart.Name}", PushOf(chart, release, force));

    /// <summary>Returns the body of a push through CNR.</summary>
    private protected static StringContent PushOf(SampleChart chart, string? release = null, bool force = false) =>
        new(
            JsonSerializer.Serialize(
                new
                {
                    blob = Convert.ToBase64String(chart.ToArray()),
                    release = release ?? chart.Version,
                    media_type = "helm",
                    force,
                }));

    /// <summary>Pulls a release through CNR.</summary>
    private protected Task<byte[]> PullThroughCnrAsync(string name, string release) =>
        Registry.Client.GetByteArrayAsync(
            $"/api/v1/packages/{Namespace}/{name}/{Uri.EscapeDataString(release)}/helm/pull", CancellationToken);

    /// <summary>Makes a release the current one of a channel, through CNR.</summary>
    private protected Task<string> MoveChannelAsync(string name, string channel, string release) =>
        SendAsync(HttpMethod.Post, $"/api/v1/packages/{Namespace}/{name}/channels/{channel}/{release}", null);

    /// <summary>Sends a request that must return success.</summary>
    /// <returns>The body of the response.</returns>
    private protected async Task<string> SendAsync(
        HttpMethod method, string path, HttpContent? content, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var response = await Registry.Client.SendAsync(request, CancellationToken);
        var text = await response.Content.ReadAsStringAsync(CancellationToken);
        Assert.That(response.StatusCode, Is.EqualTo(status), $"{method} {path}: {text}");
        return text;
    }

    /// <summary>Returns the sha256 of some bytes as an OCI digest.</summary>
    protected static string DigestOf(byte[] bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
}
