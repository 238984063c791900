using System.Net;
using System.Net.Http.Headers;
using Microsoft.Playwright;
using NUnit.Framework;
using Registry.Core.Tokens;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>Signing in, and issuing and revoking a token, as people do it.</summary>
public sealed class TokenJourneyTests : BrowserTests
{
    /// <summary>A name that attacks a page that does not encode it.</summary>
    private const string Name = "<img src=x onerror=alert(1)>\"'<script>alert(2)</script>&lt;";

    protected override string[] Settings => ["--Auth:Mode=tokens", $"--Auth:AdminToken={GuardedRegistry.AdminSecret}"];

    [Test]
    public async Task Somebody_signs_in_issues_a_token_and_revokes_it()
    {
        Page.Dialog += (_, dialog) => Assert.Fail($"A dialog opened: {dialog.Message}");
        await Page.GotoAsync("./");
        await Page.GetByRole(AriaRole.Link, new() { Name = "Sign in" }).ClickAsync();
        await CheckAsync("sign-in");
        await Page.GetByLabel("Token").FillAsync(GuardedRegistry.AdminSecret);
        await Page.Keyboard.PressAsync("Enter");
        await Page.GetByRole(AriaRole.Link, new() { Name = "Tokens" }).ClickAsync();
        await CheckAsync("no-tokens");

        await Page.GetByLabel("Name").FillAsync(Name);
        await Page.GetByLabel("Scopes").FillAsync(
            "team/**=pull,push\nkar:github.com/an-organization/an-application-with-a-long-name/**=pull");
        await Page.GetByLabel("Expires after").SelectOptionAsync("30d");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Issue token" }).ClickAsync();
        await CheckAsync("issued");
        var secret = (await Page.Locator(".command code").InnerTextAsync()).Trim();
        Assert.That(TokenSecret.TryParse(secret, out _), Is.True);
        Assert.That(await StatusOfAsync(secret), Is.EqualTo(HttpStatusCode.OK));
        await Page.GetByRole(AriaRole.Button, new() { Name = "Copy: Token" }).ClickAsync();

        await Page.GetByRole(AriaRole.Link, new() { Name = "All tokens" }).ClickAsync();
        await CheckAsync("tokens");
        Assert.That(await Page.Locator("td strong").InnerTextAsync(), Is.EqualTo(Name));
        Assert.That(await Page.ContentAsync(), Does.Not.Contain(secret));
        await Page.GetByRole(AriaRole.Link, new() { Name = $"Revoke {Name}" }).ClickAsync();
        await CheckAsync("revoke");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Revoke token" }).ClickAsync();
        await Assertions.Expect(Page.GetByText("There are no tokens yet.")).ToBeVisibleAsync();
        Assert.That(await StatusOfAsync(secret), Is.EqualTo(HttpStatusCode.Unauthorized));

        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Assertions.Expect(Page.GetByRole(AriaRole.Link, new() { Name = "Sign in" })).ToBeVisibleAsync();
        AssertNoProblems();
    }

    [Test]
    public async Task Somebody_moves_a_channel_and_deletes_a_release()
    {
        await PushAsync("team/app", "1.0.0");
        await PushAsync("team/app", "1.1.0");
        await Page.GotoAsync("sign-in?return=manage/packages/team/app");
        await Page.GetByLabel("Token").FillAsync(GuardedRegistry.AdminSecret);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();

        foreach (var release in (string[])["1.0.0", "1.1.0"])
        {
            await Page.GetByLabel("Channel", new() { Exact = true }).FillAsync("stable");
            await Page.GetByLabel("Release", new() { Exact = true }).FillAsync(release);
            await Page.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();
            await CheckAsync($"channel-{release}");
            await Page.GetByRole(AriaRole.Button, new() { Name = "channel" }).ClickAsync();
        }

        await Assertions.Expect(Page.GetByText("Channel stable now points to 1.1.0.")).ToBeVisibleAsync();
        await CheckAsync("manage");
        await Page.GetByRole(AriaRole.Link, new() { Name = "Delete 1.1.0 as helm" }).ClickAsync();
        await Assertions.Expect(Page.GetByText("Channel stable then points to 1.0.0.")).ToBeVisibleAsync();
        await CheckAsync("delete-release");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Delete release" }).ClickAsync();
        await Assertions.Expect(Page.Locator("table").First).ToContainTextAsync("1.0.0");
        await Page.GetByRole(AriaRole.Link, new() { Name = "Delete channel stable" }).ClickAsync();
        await CheckAsync("delete-channel");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Delete channel" }).ClickAsync();
        await Assertions.Expect(Page.GetByText("The package has no channels.")).ToBeVisibleAsync();
        AssertNoProblems();
    }

    /// <summary>Checks the accessibility of the page in both color schemes, and its width in a narrow window.</summary>
    private async Task CheckAsync(string name)
    {
        // WaitForLoadStateAsync may miss the event of a page that loads quickly, and then never returns.
        await Page.WaitForFunctionAsync("document.readyState === 'complete'");
        await AssertAccessibleAsync(name);
        await Page.SetViewportSizeAsync(360, 740);
        Assert.That(
            await Page.EvaluateAsync<int>("document.documentElement.scrollWidth"), Is.LessThanOrEqualTo(360), name);
        Assert.That(
            await Page.EvaluateAsync<int>(
                "[...document.querySelectorAll('.scroll')].filter(box => box.scrollWidth > box.clientWidth).length"),
            Is.Zero,
            name);
        await Page.SetViewportSizeAsync(1280, 1000);
    }

    private async Task<HttpStatusCode> StatusOfAsync(string secret)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/tokens/self");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        using var response = await Host.Client.SendAsync(request);
        return response.StatusCode;
    }
}
