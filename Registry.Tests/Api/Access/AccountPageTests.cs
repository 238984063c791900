using System.Net;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Registry.Core.Events;
using Registry.Core.Tokens;
using Registry.Tests.Api.Helm;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Access;

/// <summary>The pages of tokens, and those that change packages.</summary>
[Parallelizable(ParallelScope.Self)]
internal sealed partial class AccountPageTests
{
    private const string Admin = GuardedRegistry.AdminSecret;

    private GuardedRegistry registry = null!;
    private PageVisitor administrator = null!;
    private int packages;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        registry = await GuardedRegistry.StartAsync(anonymous: "");
        administrator = await PageVisitor.SignInAsync(registry, Admin);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        administrator.Dispose();
        await registry.DisposeAsync();
    }

    [Test]
    public async Task A_token_is_shown_once()
    {
        using var issued = await administrator.PostAsync(
            "/tokens", ("name", "ci"), ("scopes", "team/**=pull\r\n team/app=push "), ("expires", "never"));
        Assert.That(issued.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(issued.Headers.CacheControl!.NoStore, Is.True);
        var secret = SecretIn(await issued.Content.ReadAsStringAsync());
        Assert.That(await administrator.ReadAsync($"/tokens/{secret.Id}/revoke"), Does.Contain("None recorded"));
        Assert.That(
            await registry.GetAsync("/api/v1/tokens/self", secret.Text),
            Does.Contain("""["team/**=pull","team/app=push"]""").And.Contain("\"issuer\":\"administrator\""));
        var list = await administrator.ReadAsync("/tokens");
        Assert.That(list, Does.Contain(secret.Id.Value).And.Not.Contain(secret.Text[17..]));
    }

    [Test]
    public async Task A_form_that_is_sent_twice_issues_one_token()
    {
        var id = IdIn(await administrator.ReadAsync("/tokens"));
        (string, string)[] form = [("id", id), ("name", "twice"), ("scopes", "team/**=pull"), ("expires", "1d")];
        using var issued = await administrator.PostAsync("/tokens", form);
        Assert.That(SecretIn(await issued.Content.ReadAsStringAsync()).Id.Value, Is.EqualTo(id));

        using var again = await administrator.PostAsync("/tokens", form);
        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
        var page = await again.Content.ReadAsStringAsync();
        Assert.That(page, Does.Contain($"Token {id} was issued before").And.Contain("value=\"twice\""));
        Assert.That(Regex.Count(page, "<strong>twice</strong>"), Is.EqualTo(1));

        form[0] = ("id", IdIn(page));
        using var another = await administrator.PostAsync("/tokens", form);
        Assert.That(SecretIn(await another.Content.ReadAsStringAsync()).Id.Value, Is.Not.EqualTo(id));
    }

    [TestCase("", "team/**=pull", "30d", "The name has 0 characters")]
    [TestCase("ci", "", "30d", "scopes is empty")]
    [TestCase("ci", "team=fly", "30d", "Invalid scope")]
    [TestCase("ci", "team/**=pull", "soon", "The lifetime is")]
    public async Task A_form_with_a_mistake_comes_back_with_what_was_entered(
        string name, string scopes, string expires, string problem)
    {
        using var response = await administrator.PostAsync(
            "/tokens", ("name", name), ("scopes", scopes), ("expires", expires));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
        Assert.That(
            WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync()),
            Does.Contain(problem).And.Contain($"value=\"{name}\"").And.Contain($">{scopes}</textarea>"));
    }

    [Test]
    public async Task A_session_gives_no_more_than_its_token_has()
    {
        using var visitor = await PageVisitor.SignInAsync(
            registry, (await registry.IssueAsync("team/**=pull,admin")).Text);
        using var refused = await visitor.PostAsync(
            "/tokens", ("name", "ci"), ("scopes", "**=pull"), ("expires", "1d"));
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        using var issued = await visitor.PostAsync(
            "/tokens", ("name", "ci"), ("scopes", "team/app=pull"), ("expires", "never"));
        var secret = SecretIn(await issued.Content.ReadAsStringAsync());
        var self = await registry.GetAsync("/api/v1/tokens/self", secret.Text);
        Assert.That(self, Does.Contain("\"expires_at\":\"").And.Contain("\"issuer\":\"token "));
        Assert.That(await visitor.ReadAsync("/tokens"), Does.Contain(secret.Id.Value));
    }

    [Test]
    public async Task Only_the_POST_revokes()
    {
        var secret = await registry.IssueAsync("team/**=pull");
        Assert.That(await administrator.ReadAsync($"/tokens/{secret.Id}/revoke"), Does.Contain("Revoke token test?"));
        Assert.That(await StatusAsync("GET", "/v2/", secret.Text), Is.EqualTo(200));
        using var revoked = await administrator.PostAsync($"/tokens/{secret.Id}/revoke");
        Assert.That(revoked.Headers.Location!.OriginalString, Is.EqualTo("../../tokens"));
        Assert.That(LastEvent(), Does.StartWith($"Revoked token test ({secret.Id}), by administrator from"));
        Assert.That(await StatusAsync("GET", "/v2/", secret.Text), Is.EqualTo(401));
        foreach (var id in (string[])[secret.Id.Value, "not-an-id"])
            using (var again = await administrator.PostAsync($"/tokens/{id}/revoke"))
                Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Who_revokes_their_own_token_is_signed_out()
    {
        var secret = await registry.IssueAsync("team/**=admin");
        using var visitor = await PageVisitor.SignInAsync(registry, secret.Text);
        using var revoked = await visitor.PostAsync($"/tokens/{secret.Id}/revoke");
        Assert.That(revoked.Headers.Location!.OriginalString, Is.EqualTo("../../"));
        using var after = await visitor.GetAsync("/tokens");
        Assert.That(after.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Names_are_text_on_every_page()
    {
        const string Hostile = "<script>alert(1)</script>\"'&amp;<img src=x onerror=alert(1)>";
        using var issued = await administrator.PostAsync(
            "/tokens", ("name", Hostile), ("scopes", "team/**=pull,admin"), ("expires", "1d"));
        var html = await issued.Content.ReadAsStringAsync();
        var secret = SecretIn(html);
        using var visitor = await PageVisitor.SignInAsync(registry, secret.Text);
        foreach (var page in (string[])[
            html,
            await administrator.ReadAsync("/tokens"),
            await administrator.ReadAsync($"/tokens/{secret.Id}/revoke"),
            await visitor.ReadAsync("/sign-in")])
        {
            Assert.That(page, Does.Not.Contain("<script>").And.Not.Contain("<img src=x"));
            Assert.That(WebUtility.HtmlDecode(page), Does.Contain(Hostile));
        }

        using var refused = await administrator.PostAsync(
            "/tokens", ("name", Hostile), ("scopes", "</textarea><script>"), ("expires", "1d"));
        Assert.That(
            await refused.Content.ReadAsStringAsync(), Does.Not.Contain("<script>").And.Not.Contain("</textarea><"));
    }

    [Test]
    public async Task A_release_is_deleted_after_confirmation()
    {
        var package = await PushAsync("1.0.0", "1.1.0");
        using (await registry.SendAsync("POST", $"/api/v1/packages/{package}/channels/stable/1.1.0", Admin))
        {
        }

        var question = $"/manage/delete-release/{package}?release=1.1.0&media_type=helm";
        Assert.That(
            WebUtility.HtmlDecode(await administrator.ReadAsync(question)),
            Does.Contain($"Delete {package} 1.1.0 (helm)?").And.Contain("Channel stable has no other release"));
        Assert.That(await StatusAsync("GET", $"/api/v1/packages/{package}/1.1.0/helm"), Is.EqualTo(200));
        using var deleted = await administrator.PostAsync(
            $"/manage/delete-release/{package}", ("release", "1.1.0"), ("media_type", "helm"));
        Assert.That(
            deleted.Headers.Location!.OriginalString,
            Is.EqualTo($"../../../manage/packages/{package}?deleted=1.1.0&type=helm"));
        Assert.That(
            await administrator.ReadAsync($"/manage/packages/{package}?deleted=1.1.0&type=helm"),
            Does.Contain("Release 1.1.0 (helm) was deleted."));
        Assert.That(await StatusAsync("GET", $"/api/v1/packages/{package}/1.1.0/helm"), Is.EqualTo(404));
        Assert.That(LastEvent(), Does.StartWith($"Deleted {package} 1.1.0 as helm, by administrator from"));
        using var again = await administrator.GetAsync(question);
        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        using var twice = await administrator.PostAsync(
            $"/manage/delete-release/{package}", ("release", "1.1.0"), ("media_type", "helm"));
        Assert.That(twice.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        foreach (var response in (HttpResponseMessage[])[again, twice])
            Assert.That(
                WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync()),
                Does.Contain(
                    $"The package {package} has no release '1.1.0' in media type 'helm'. It may have been deleted.")
                    .And.Contain("Move or create a channel"));
        Assert.That(
            await administrator.ReadAsync($"/manage/delete-release/{package}?release=1.0.0&media_type=helm"),
            Does.Contain("the package disappears"));
    }

    [Test]
    public async Task A_channel_is_created_moved_and_deleted_after_confirmation()
    {
        var package = await PushAsync("1.0.0", "1.1.0");
        foreach (var (release, question) in (IEnumerable<(string, string)>)[
            ("1.1.0", "Create channel stable+x"), ("1.0.0", "Move channel stable+x")])
        {
            Assert.That(
                WebUtility.HtmlDecode(await administrator.ReadAsync(
                    $"/manage/move-channel/{package}?channel=stable%2Bx&release={release}")),
                Does.Contain($"{question} of {package}?").And.Contain($"<strong>{release}</strong>"));
            using var moved = await administrator.PostAsync(
                $"/manage/move-channel/{package}", ("channel", "stable+x"), ("release", release));
            Assert.That(moved.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
            Assert.That(LastEvent(), Does.StartWith($"Added {release} to channel stable+x of {package}, by admin"));
            Assert.That(
                await registry.GetAsync($"/api/v1/packages/{package}/channels/stable+x", Admin),
                Does.Contain($"\"current\":\"{release}\""));
        }

        Assert.That(
            WebUtility.HtmlDecode(await administrator.ReadAsync(
                $"/manage/delete-channel/{package}?channel=stable%2Bx")),
            Does.Contain($"Delete channel stable+x of {package}?"));
        using var deleted = await administrator.PostAsync($"/manage/delete-channel/{package}", ("channel", "stable+x"));
        Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That(LastEvent(), Does.StartWith($"Deleted channel stable+x of {package}, by administrator from"));
    }

    [TestCase("/manage/packages/team/missing", 404)]
    [TestCase("/manage/packages/-invalid", 404)]
    [TestCase("/manage/packages/", 404)]
    [TestCase("/manage/packages/team%2Fapp", 404)]
    [TestCase("/manage/delete-release/{p}", 404)]
    [TestCase("/manage/delete-release/{p}?release=9.9.9&media_type=helm", 404)]
    [TestCase("/manage/move-channel/{p}", 422)]
    [TestCase("/manage/move-channel/{p}?channel=stable", 422)]
    [TestCase("/manage/move-channel/{p}?channel=stable&release=^1", 422)]
    [TestCase("/manage/move-channel/{p}?channel=a b&release=1.0.0", 422)]
    [TestCase("/manage/delete-tag/{p}?tag=1.0.0", 404)]
    [TestCase("/manage/delete-channel/{p}?channel=missing", 404)]
    public async Task A_confirmation_page_for_something_that_does_not_exist_is_an_error(string path, int expected)
    {
        var package = await PushAsync("1.0.0");
        using var response = await administrator.GetAsync(path.Replace("{p}", package, StringComparison.Ordinal));
        Assert.That((int)response.StatusCode, Is.EqualTo(expected));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/html"));
    }

    [TestCase("delete", "delete-release/{p}?release=1.0.0&media_type=helm")]
    [TestCase("delete", "delete-release/{p}?release=9.9.9&media_type=helm")]
    [TestCase("push", "move-channel/{p}?channel=dev&release=1.0.0")]
    [TestCase("push", "move-channel/{p}?channel=dev&release=9.9.9")]
    [TestCase("push", "delete-channel/{p}?channel=stable")]
    [TestCase("push", "delete-channel/{p}?channel=missing")]
    [TestCase("push", "delete-tag/{p}?tag=latest")]
    [TestCase("delete", "delete-tag/{p}?tag=9.9.9")]
    public async Task A_confirmation_page_requires_pull(string actions, string path)
    {
        var package = await PushAsync("1.0.0");
        using (await administrator.PostAsync(
            $"/manage/move-channel/{package}", ("channel", "stable"), ("release", "1.0.0")))
        {
        }

        await OciImage.PushAsync(registry, package, ["latest"]);
        var blind = (await registry.IssueAsync($"team/*={actions}")).Text;
        foreach (var asked in (string[])[package, "team/none"])
        {
            using var refused = await registry.SendAsync("GET", AddressOf(asked), blind);
            Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden), asked);
            Assert.That(await refused.Content.ReadAsStringAsync(), Does.Contain($"{asked}=pull"));
        }

        using var shown = await registry.SendAsync(
            "GET", AddressOf(package), (await registry.IssueAsync($"team/*=pull,{actions}")).Text);
        Assert.That(shown.StatusCode, Is.Not.EqualTo(HttpStatusCode.Forbidden));

        string AddressOf(string name) => $"/manage/{path.Replace("{p}", name, StringComparison.Ordinal)}";
    }

    [Test]
    public async Task The_page_of_a_package_offers_what_the_caller_may_do()
    {
        await registry.PushAsync("team/app", "1.0.0", HelmTest.Archive("app", "1.0.0"));
        foreach (var (actions, deletes, moves) in (IEnumerable<(string, bool, bool)>)[
            ("pull", false, false), ("pull,push", false, true), ("pull,delete", true, false)])
        {
            using var visitor = await PageVisitor.SignInAsync(
                registry, (await registry.IssueAsync($"team/**={actions}")).Text);
            var page = await visitor.ReadAsync("/manage/packages/team/app");
            Assert.That(page.Contains("manage/delete-release/team/app", StringComparison.Ordinal), Is.EqualTo(deletes));
            Assert.That(page.Contains("manage/move-channel/team/app", StringComparison.Ordinal), Is.EqualTo(moves));
        }
    }

    [TestCase("", "Enter a token.")]
    [TestCase("  ", "Enter a token.")]
    [TestCase("reg_x", "The token is unknown or malformed.")]
    public async Task A_sign_in_says_what_is_wrong(string token, string problem)
    {
        using var visitor = new PageVisitor(registry.Host.Address);
        using var response = await visitor.PostAsync("/sign-in", ("token", token));
        Assert.That(
            await response.Content.ReadAsStringAsync(),
            Does.Contain($"<p class=\"notice bad\" role=\"alert\">{problem}</p>"));
    }

    [Test]
    public async Task A_mistyped_channel_or_release_comes_back_in_the_form()
    {
        var package = await PushAsync("1.0.0");
        using var asked = await administrator.GetAsync($"/manage/move-channel/{package}?channel=a%20b&release=1.0.1");
        using var sent = await administrator.PostAsync(
            $"/manage/move-channel/{package}", ("channel", "a b"), ("release", "1.0.1"));
        foreach (var response in (HttpResponseMessage[])[asked, sent])
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
            var page = WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync());
            Assert.That(page, Does.Contain("value=\"a b\"").And.Contain("value=\"1.0.1\""));
            Assert.That(page, Does.Contain("id=\"channel-problem\">A channel has 1 to 80 letters"));
            Assert.That(page, Does.Contain("id=\"release-problem\">This package has no release '1.0.1'"));
        }
    }

    [Test]
    public async Task A_confirmation_page_shows_where_the_channel_will_point()
    {
        var package = await PushAsync("1.0.0", "1.1.0");
        foreach (var release in (string[])["1.0.0", "1.1.0"])
            using (var moved = await administrator.PostAsync(
                $"/manage/move-channel/{package}", ("channel", "stable"), ("release", release)))
                Assert.That(
                    moved.Headers.Location!.OriginalString,
                    Is.EqualTo($"../../../manage/packages/{package}?moved=stable"));
        Assert.That(
            await administrator.ReadAsync($"/manage/packages/{package}?moved=stable"),
            Does.Contain("Channel stable now points to 1.1.0."));
        Assert.That(
            await administrator.ReadAsync($"/manage/delete-release/{package}?release=1.1.0&media_type=helm"),
            Does.Contain("Channel stable then points to 1.0.0."));
        Assert.That(
            await administrator.ReadAsync($"/manage/delete-release/{package}?release=1.0.0&media_type=helm"),
            Does.Not.Contain("Channel stable"));
        using var deleted = await administrator.PostAsync(
            $"/manage/delete-release/{package}", ("release", "1.1.0"), ("media_type", "helm"));
        Assert.That(
            await registry.GetAsync($"/api/v1/packages/{package}/channels/stable", Admin),
            Does.Contain("\"current\":\"1.0.0\""));
    }

    [TestCase("moved=none")]
    [TestCase("ended=stable")]
    [TestCase("deleted=1.0.0&type=helm")]
    [TestCase("deleted=x%20y&type=helm")]
    [TestCase("untagged=1.0.0")]
    [TestCase("moved=stable%20<b>")]
    public async Task A_page_does_not_say_what_the_package_denies(string query)
    {
        var package = await PushAsync("1.0.0");
        using var moved = await administrator.PostAsync(
            $"/manage/move-channel/{package}", ("channel", "stable"), ("release", "1.0.0"));
        Assert.That(
            await administrator.ReadAsync($"/manage/packages/{package}?{query}"), Does.Not.Contain("class=\"notice"));
    }

    [Test]
    public async Task The_tags_of_a_package_without_releases_are_deleted_after_confirmation()
    {
        await OciImage.PushAsync(registry, "images/app", ["1.0.0", "edge", "main"]);
        var page = await administrator.ReadAsync("/manage/packages/images/app");
        Assert.That(page, Does.Contain("manage/delete-tag/images/app?tag=1.0.0").And.Not.Contain("Releases"));
        Assert.That(
            await administrator.ReadAsync("/manage/delete-tag/images/app?tag=edge"),
            Does.Contain("Delete tag edge of images/app?").And.Contain("These tags also point to it: 1.0.0, main."));
        using var deleted = await administrator.PostAsync("/manage/delete-tag/images/app?tag=edge");
        Assert.That(
            deleted.Headers.Location!.OriginalString,
            Is.EqualTo("../../../manage/packages/images/app?untagged=edge"));
        Assert.That(LastEvent(), Does.Contain("edge").And.Contain("images/app").And.Contain("administrator"));
        page = await administrator.ReadAsync("/manage/packages/images/app?untagged=edge");
        Assert.That(page, Does.Contain("Tag edge was deleted.").And.Not.Contain("?tag=edge"));
        Assert.That(
            await registry.GetAsync("/v2/images/app/tags/list", Admin), Does.Contain("[\"1.0.0\",\"main\"]"));

        // As for OCI clients, deleting a tag that is a version needs the right to delete, and deleting any other tag
        // the right to push.
        foreach (var (actions, tags) in (IEnumerable<(string, string[])>)
            [("pull,push", ["main"]), ("pull,delete", ["1.0.0"]), ("pull", [])])
        {
            using var visitor = await PageVisitor.SignInAsync(
                registry, (await registry.IssueAsync($"images/**={actions}")).Text);
            page = await visitor.ReadAsync("/manage/packages/images/app");
            foreach (var tag in (string[])["1.0.0", "main"])
                Assert.That(
                    page.Contains($"delete-tag/images/app?tag={tag}", StringComparison.Ordinal),
                    Is.EqualTo(tags.Contains(tag)),
                    $"{actions} {tag}");
        }
    }

    [GeneratedRegex("reg_[0-9a-z]{12}_[0-9A-Za-z]{49}")]
    private static partial Regex Secret { get; }

    private static string IdIn(string html) =>
        Regex.Match(html, "name=\"id\" value=\"([0-9a-z]{12})\"").Groups[1].Value;

    private static TokenSecret SecretIn(string html) =>
        TokenSecret.TryParse(Secret.Match(html).Value, out var secret) ? secret : throw new AssertionException(html);

    [Test]
    public async Task A_package_may_have_any_number_of_parts()
    {
        await registry.Host.PushAsync("org/charts/app", "1.0.0");
        Assert.That(
            await administrator.ReadAsync("/manage/packages/org/charts/app"),
            Does.Contain("action=\"../../../../manage/move-channel/org/charts/app\""));
        using var deleted = await administrator.PostAsync(
            "/manage/delete-release/org/charts/app", ("release", "1.0.0"), ("media_type", "helm"));
        Assert.That(
            deleted.Headers.Location!.OriginalString, Is.EqualTo("../../../../packages?deleted=org/charts/app"));
        Assert.That(
            await administrator.ReadAsync("/packages?deleted=org/charts/app"),
            Does.Contain("Package org/charts/app was deleted."));
        using var gone = await administrator.GetAsync("/manage/packages/org/charts/app");
        Assert.That(gone.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    private async Task<string> PushAsync(params string[] releases)
    {
        var name = $"app{Interlocked.Increment(ref packages)}";
        foreach (var release in releases)
            await registry.PushAsync($"team/{name}", release, HelmTest.Archive(name, release));
        return $"team/{name}";
    }

    private async Task<int> StatusAsync(string method, string path, string secret = Admin)
    {
        using var response = await registry.SendAsync(method, path, secret);
        return (int)response.StatusCode;
    }

    private string LastEvent() =>
        registry.Host.Log.Entries.Last(static entry => entry.Category == AuditLog.Category).Message;
}
