using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;
using NUnit.Framework;
using NUnit.Framework.Interfaces;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>
/// A real browser with the running service. Any error in a page fails the test that opened it.
/// </summary>
public abstract class BrowserTests
{
    /// <summary>Chromium without windows: tests take two thirds of the time.</summary>
    private const string Chromium = "/usr/bin/chromium-headless-shell";

    /// <summary>How long an element is waited for, in milliseconds: long enough for busy machines.</summary>
    private const float Timeout = 30_000;

    /// <summary>Prevents requests that the browser sends by itself: updates, accounts, field trials.</summary>
    private static readonly string[] Arguments =
        [
            "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync"
        ];

    /// <summary>The script that checks accessibility.</summary>
    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    private readonly ConcurrentQueue<string> problems = [];
    private IPlaywright playwright = null!;
    private IBrowser browser = null!;
    private Uri address = null!;

    /// <summary>The registry.</summary>
    private protected RegistryHost Host { get; private set; } = null!;

    /// <summary>The page. URLs are relative to the registry, without a leading slash.</summary>
    protected IPage Page { get; private set; } = null!;

    /// <summary>The settings of the registry, as on the command line; by default none.</summary>
    protected virtual string[] Settings => [];

    /// <summary>Puts a proxy in front of the registry; by default none.</summary>
    /// <param name="registry">The address of the registry.</param>
    /// <returns>The address for the browser.</returns>
    protected virtual Task<Uri> PublishAsync(Uri registry) => Task.FromResult(registry);

    /// <summary>Stops what <see cref="PublishAsync"/> started.</summary>
    protected virtual ValueTask UnpublishAsync() => ValueTask.CompletedTask;

    [OneTimeSetUp]
    public async Task LaunchAsync()
    {
        if (!File.Exists(Chromium))
            Assert.Fail(
                $"These tests need a browser, but {Chromium} does not exist. "
                    + "Run: apt-get install -y chromium-headless-shell");
        Assertions.SetDefaultExpectTimeout(Timeout);
        playwright = await Playwright.CreateAsync();
        // The sandbox of Chromium does not work as root.
        var arguments = Environment.IsPrivilegedProcess ? [.. Arguments, "--no-sandbox"] : Arguments;
        browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = arguments });
    }

    [OneTimeTearDown]
    public async Task CloseAsync()
    {
        if (browser is not null)
            await browser.CloseAsync();
        playwright?.Dispose();
    }

    [SetUp]
    public async Task OpenAsync()
    {
        problems.Clear();
        Host = await RegistryHost.StartAsync(Settings);
        address = await PublishAsync(Host.Address);
        Page = await browser.NewPageAsync(new()
        {
            BaseURL = address.ToString(),
            ViewportSize = new() { Width = 1280, Height = 1000 },
            // During a transition between two color schemes, colors belong to neither.
            ReducedMotion = ReducedMotion.Reduce,
        });
        Page.Request += (_, request) => Note(!IsOurs(request.Url), $"request to {request.Url}");
        Page.RequestFailed += (_, request) => Note(true, $"{request.Url} failed: {request.Failure}");
        Page.Response += (_, response) => Note(response.Status >= 400, $"{response.Url} returned {response.Status}");
        Page.Console += (_, message) => Note(message.Type == "error", $"console: {message.Text}");
        Page.PageError += (_, error) => Note(true, $"script: {error}");
    }

    [TearDown]
    public async Task LeaveAsync()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == TestStatus.Failed)
        {
            var screenshot = Path.Combine(
                TestContext.CurrentContext.WorkDirectory, $"{TestContext.CurrentContext.Test.MethodName}.png");
            await Page.ScreenshotAsync(new() { Path = screenshot, FullPage = true });
            TestContext.AddTestAttachment(screenshot);
        }

        await Page.CloseAsync();
        await UnpublishAsync();
        await Host.DisposeAsync();
    }

    /// <summary>Pushes a release in media type helm, as the administrator where access control is on.</summary>
    protected async Task PushAsync(string package, string release)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/packages/{package}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", GuardedRegistry.AdminSecret);
        request.Content = JsonContent.Create(
            new { release, media_type = "helm", blob = Convert.ToBase64String(Samples.TarGz(release)) });
        using var response = await Host.Client.SendAsync(request);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), await response.Content.ReadAsStringAsync());
    }

    /// <summary>
    /// Asserts that the page has no serious accessibility violation in either color scheme. In the dark one only colors
    /// are checked: the results of the other rules do not depend on the scheme. The page is light afterwards.
    /// </summary>
    /// <param name="name">The name of the page, for the message.</param>
    protected async Task AssertAccessibleAsync(string name)
    {
        await Page.EvaluateAsync(Axe);
        Assert.That(await FindObstaclesAsync(), Is.Empty, name);
        await Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        Assert.That(await FindObstaclesAsync("color-contrast", "link-in-text-block"), Is.Empty, $"{name}, dark");
        await Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
    }

    /// <summary>Asserts that no request failed or left the registry, and no script reported an error.</summary>
    protected void AssertNoProblems() => Assert.That(problems, Is.Empty);

    /// <summary>Finds the violations of accessibility rules.</summary>
    /// <param name="rules">The rules; all if empty.</param>
    private Task<string[]> FindObstaclesAsync(params string[] rules) => Page.EvaluateAsync<string[]>(
        """
        async rules => {
          const options = rules.length ? { runOnly: { type: 'rule', values: rules } } : {};
          const result = await axe.run({ ...options, resultTypes: ['violations'] });
          return result.violations
            .filter(violation => ['serious', 'critical'].includes(violation.impact))
            .map(violation => `${violation.id}: ${violation.nodes[0].html}`);
        }
        """,
        rules);

    private bool IsOurs(string url) =>
        url.StartsWith(address.ToString(), StringComparison.Ordinal)
            || url.StartsWith("data:", StringComparison.Ordinal)
            || url.StartsWith("blob:", StringComparison.Ordinal);

    private void Note(bool isProblem, string text)
    {
        if (isProblem)
            problems.Enqueue(text);
    }
}
