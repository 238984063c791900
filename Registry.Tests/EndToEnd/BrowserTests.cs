using System.Collections.Concurrent;
using Microsoft.Playwright;
using NUnit.Framework;
using NUnit.Framework.Interfaces;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>
/// A person's browser in front of the running service. Whatever goes wrong in a page fails the test that opened it.
/// </summary>
public abstract class BrowserTests
{
    private const string Chromium = "/usr/bin/chromium";

    /// <summary>A browser that calls nobody by itself: no updates, no accounts, no field trials.</summary>
    private static readonly string[] Quiet =
        [
            "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync"
        ];

    private readonly ConcurrentQueue<string> wrong = [];
    private RegistryHost host = null!;
    private IPlaywright playwright = null!;
    private IBrowser browser = null!;
    private Uri address = null!;

    /// <summary>The page. Its addresses are relative to the registry's own, without a slash before them.</summary>
    protected IPage Page { get; private set; } = null!;

    /// <summary>Puts something before the registry that the browser goes through; nothing by itself.</summary>
    /// <param name="registry">The registry's own address.</param>
    /// <returns>The address for the browser.</returns>
    protected virtual Task<Uri> PublishAsync(Uri registry) => Task.FromResult(registry);

    /// <summary>Ends what <see cref="PublishAsync"/> began.</summary>
    protected virtual ValueTask UnpublishAsync() => ValueTask.CompletedTask;

    [OneTimeSetUp]
    public async Task LaunchAsync()
    {
        if (!File.Exists(Chromium))
            Assert.Fail(
                $"These tests need a browser, and {Chromium} is not there. Install it: apt-get install -y chromium");
        playwright = await Playwright.CreateAsync();
        // As root chromium has no sandbox to run in.
        var arguments = Environment.IsPrivilegedProcess ? [.. Quiet, "--no-sandbox"] : Quiet;
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
        wrong.Clear();
        host = await RegistryHost.StartAsync();
        address = await PublishAsync(host.Address);
        Page = await browser.NewPageAsync(
            new() { BaseURL = address.ToString(), ViewportSize = new() { Width = 1280, Height = 1000 } });
        Page.Request += (_, request) => Note(!IsOurs(request.Url), $"asks {request.Url}");
        Page.RequestFailed += (_, request) => Note(true, $"{request.Url} failed: {request.Failure}");
        Page.Response += (_, response) => Note(response.Status >= 400, $"{response.Url} answers {response.Status}");
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
        await host.DisposeAsync();
    }

    /// <summary>No request failed or went to anybody else, and no script complained.</summary>
    protected void AssertNothingWrong() => Assert.That(wrong, Is.Empty);

    private bool IsOurs(string url) =>
        url.StartsWith(address.ToString(), StringComparison.Ordinal)
            || url.StartsWith("data:", StringComparison.Ordinal)
            || url.StartsWith("blob:", StringComparison.Ordinal);

    private void Note(bool isWrong, string what)
    {
        if (isWrong)
            wrong.Enqueue(what);
    }
}
