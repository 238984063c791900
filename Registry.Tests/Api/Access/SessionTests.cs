using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Core.Events;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Api.Access;

/// <summary>Signing in on the pages, and which requests accept the session cookie.</summary>
[Parallelizable(ParallelScope.Self)]
internal sealed class SessionTests : IAsyncDisposable
{
    private const string Admin = GuardedRegistry.AdminSecret;

    private readonly ShiftedTime time = new();
    private GuardedRegistry registry = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => registry = new GuardedRegistry(await RegistryHost.StartAsync(
        services => services.AddSingleton<TimeProvider>(time),
        routes: null,
        "--Auth:Mode=tokens",
        $"--Auth:AdminToken={Admin}",
        "--Auth:Anonymous=",
        "--Proxies:Trusted=127.0.0.1"));

    public ValueTask DisposeAsync() => registry.DisposeAsync();

    [TearDown]
    public void ResetTime() => time.Shift = TimeSpan.Zero;

    [Test]
    public async Task Signing_in_begins_a_session_and_signing_out_ends_it()
    {
        using var visitor = await PageVisitor.SignInAsync(registry, Admin);
        var session = visitor.Session;
        Assert.That(await visitor.ReadAsync("/tokens"), Does.Contain("Sign out").And.Contain("administrator"));
        using var signedOut = await visitor.PostAsync("/sign-out");
        Assert.That(signedOut.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That(visitor.Session, Is.Null);
        visitor.Session = session;
        await AssertSignedOutAsync(visitor);
    }

    [Test]
    public async Task Signing_in_again_gives_a_new_id_and_ends_the_session_before()
    {
        using var visitor = await PageVisitor.SignInAsync(registry, Admin);
        var first = visitor.Session;
        using (await visitor.PostAsync("/sign-in", ("token", Admin)))
            Assert.That(visitor.Session, Is.Not.Null.And.Not.EqualTo(first));
        await visitor.ReadAsync("/tokens");
        visitor.Session = first;
        await AssertSignedOutAsync(visitor);
    }

    [Test]
    public async Task An_id_that_somebody_else_chose_is_not_taken_over()
    {
        var chosen = Convert.ToBase64String(new byte[32]).TrimEnd('=');
        using var visitor = new PageVisitor(registry.Host.Address) { Session = chosen };
        await AssertSignedOutAsync(visitor);
        visitor.Session = chosen;
        using (await visitor.PostAsync("/sign-in", ("token", Admin)))
            Assert.That(visitor.Session, Is.Not.EqualTo(chosen));
        visitor.Session = chosen;
        await AssertSignedOutAsync(visitor);
    }

    [TestCase(null, null, "", "; path=/; samesite=lax; httponly")]
    [TestCase("https", null, "__Host-", "; path=/; secure; samesite=lax; httponly")]
    [TestCase(
        "https", "/tools/registry", "__Secure-", "; path=/tools/registry; secure; samesite=lax; httponly")]
    public async Task The_cookie_is_HttpOnly_and_limited_to_the_path_of_the_registry(
        string? scheme, string? prefix, string namePrefix, string attributes)
    {
        using var visitor = new PageVisitor(registry.Host.Address);
        using var response = await visitor.SendAsync(
            HttpMethod.Post,
            "/sign-in",
            PageVisitor.FormOf(("token", Admin)),
            [
                ("Origin", $"{scheme ?? "http"}://{registry.Host.Address.Authority}"),
                .. scheme is null ? (IEnumerable<(string, string)>)[] : [("X-Forwarded-Proto", scheme)],
                .. prefix is null ? (IEnumerable<(string, string)>)[] : [("X-Forwarded-Prefix", prefix)],
                ("X-Forwarded-For", "192.0.2.1"),
            ]);
        Assert.That(
            PageVisitor.CookieOf(response),
            Does.Match($"^{namePrefix}{PageVisitor.CookieName}=[A-Za-z0-9_-]{{43}}{attributes}$"));
    }

    [Test]
    public async Task Two_cookies_are_none_and_end_together()
    {
        using var own = await PageVisitor.SignInAsync(registry, Admin);
        var secret = await registry.IssueAsync("team/**=pull");
        using var other = await PageVisitor.SignInAsync(registry, secret.Text);
        var (first, second) = (own.Session!, other.Session!);
        using var both = new PageVisitor(registry.Host.Address)
        {
            Session = $"{first}; {PageVisitor.CookieName}={second}",
        };
        await AssertSignedOutAsync(both);
        both.Session = $"{first}; {PageVisitor.CookieName}={second}";
        using (await both.PostAsync("/sign-out"))
            Assert.That(both.Session, Is.Null);
        await AssertSignedOutAsync(own);
        await AssertSignedOutAsync(other);
    }

    [Test]
    public async Task A_session_ends_with_its_token([Values("revoked", "expired")] string how)
    {
        var secret = await registry.IssueAsync("team/**=pull,admin");
        using var visitor = await PageVisitor.SignInAsync(registry, secret.Text);
        await visitor.ReadAsync("/tokens");
        Assert.That(await visitor.ReadAsync("/"), Does.Not.Contain("session has ended"));
        if (how == "expired")
            time.Shift = TimeSpan.FromHours(25);
        else
            using (await registry.SendAsync("DELETE", $"/api/v1/tokens/{secret.Id}", Admin))
            {
            }

        await AssertSignedOutAsync(visitor);
        Assert.That(await visitor.ReadAsync("/"), Does.Contain("Your session has ended."));
    }

    [Test]
    public async Task A_session_ends_after_12_hours()
    {
        using var visitor = await PageVisitor.SignInAsync(registry, Admin);
        time.Shift = TimeSpan.FromHours(12) - TimeSpan.FromMinutes(1);
        await visitor.ReadAsync("/tokens");
        time.Shift = TimeSpan.FromHours(12);
        await AssertSignedOutAsync(visitor);
    }

    [Test]
    public async Task The_protocols_ignore_the_cookie()
    {
        using var visitor = await PageVisitor.SignInAsync(registry, Admin);
        var session = visitor.Session;
        foreach (var row in AccessTable.Rows.Where(static row => !row.IsPage && row.Path is not ("/" or "/cnr")))
        {
            using var response = await visitor.SendAsync(
                new HttpMethod(row.Method), row.Path.Replace("{p}", "team/app", StringComparison.Ordinal));
            Assert.That((int)response.StatusCode, Is.EqualTo(row.Statuses[0]), row.ToString());
            Assert.That(response.Headers.Contains("Access-Control-Allow-Credentials"), Is.False);
        }

        Assert.That(visitor.Session, Is.EqualTo(session));
        await visitor.ReadAsync("/tokens");
    }

    [Test]
    public async Task The_Authorization_header_takes_precedence_over_the_cookie()
    {
        using var visitor = await PageVisitor.SignInAsync(registry, Admin);
        var reader = await registry.IssueAsync("team/**=pull");
        foreach (var (secret, expected) in (IEnumerable<(string, int)>)[(reader.Text, 403), ("wrong", 401)])
        {
            using var response = await visitor.SendAsync(
                HttpMethod.Get, "/tokens", body: null, ("Authorization", $"Bearer {secret}"));
            Assert.That((int)response.StatusCode, Is.EqualTo(expected));
        }
    }

    [Test]
    public async Task Pages_of_a_session_are_private()
    {
        using var visitor = await PageVisitor.SignInAsync(registry, Admin);
        foreach (var path in (string[])[
            "/", "/packages", "/archives", "/manage/packages/no/such", "/tokens", "/tokens/no/revoke", "/sign-in"])
        {
            using var response = await visitor.GetAsync(path);
            var cache = response.Headers.CacheControl!;
            Assert.That(cache.Private, Is.True, path);
            Assert.That(cache.NoCache || cache.NoStore, Is.True, path);
            Assert.That(response.Headers.Vary, Is.SupersetOf(new[] { "Authorization", "Cookie" }), path);
        }
    }

    [TestCase("own", null, null, true)]
    [TestCase("own", "cross-site", null, true)]
    [TestCase(null, "same-origin", null, true)]
    [TestCase(null, "same-origin", "https://evil.example/", true)]
    [TestCase(null, null, "own", true)]
    [TestCase(null, null, null, false)]
    [TestCase("null", null, "own", false)]
    [TestCase("https://evil.example", "same-origin", "own", false)]
    [TestCase("", null, "own", false)]
    [TestCase(null, "same-site", "own", false)]
    [TestCase(null, "cross-site", "own", false)]
    [TestCase(null, "none", "own", false)]
    [TestCase(null, null, "https://evil.example/tokens", false)]
    [TestCase(null, null, "own.evil.example", false)]
    [TestCase(null, null, "user@own", false)]
    [TestCase(null, null, "about:blank", false)]
    [TestCase(null, null, "not a URL", false)]
    public async Task Forms_must_come_from_the_pages_of_this_registry(
        string? origin, string? site, string? referer, bool isOurs)
    {
        using var visitor = await PageVisitor.SignInAsync(registry, Admin);
        var session = visitor.Session;
        var own = registry.Host.Address.GetLeftPart(UriPartial.Authority);
        (string, string?)[] headers =
        [
            ("Origin", origin == "own" ? own : origin),
            ("Sec-Fetch-Site", site),
            ("Referer", referer switch
            {
                "own" => $"{own}/tokens?x",
                "own.evil.example" => $"{own}.evil.example/",
                "user@own" => own.Replace("//", "//user@evil.example@", StringComparison.Ordinal),
                _ => referer,
            }),
        ];
        foreach (var path in (string[])["/sign-out", "/sign-in", "/tokens", "/manage/delete-release/team/app"])
        {
            visitor.Session = session;
            using var response = await visitor.SendAsync(
                HttpMethod.Post,
                path,
                PageVisitor.FormOf(("x", "y")),
                [.. headers.Where(static header => header.Item2 is not null)
                    .Select(static header => (header.Item1, header.Item2!))]);
            Assert.That(response.StatusCode == HttpStatusCode.Forbidden, Is.EqualTo(!isOurs), path);
            if (isOurs)
                break;
            visitor.Session = session;
            await visitor.ReadAsync("/tokens");
        }
    }

    [Test]
    public async Task An_origin_that_may_call_the_protocols_may_not_send_forms()
    {
        await using var open = await GuardedRegistry.StartAsync(null, "--Cors:Origins=https://ui.example.org");
        using var visitor = await PageVisitor.SignInAsync(open, Admin);
        using var response = await visitor.SendAsync(
            HttpMethod.Post, "/sign-out", PageVisitor.FormOf(), ("Origin", "https://ui.example.org"));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        await visitor.ReadAsync("/tokens");
    }

    [Test]
    public async Task Behind_a_proxy_the_origin_is_that_of_the_proxy()
    {
        using var visitor = new PageVisitor(registry.Host.Address);
        foreach (var (origin, expected) in (IEnumerable<(string, int)>)[
            ("https://hub.example.org", 302), ("https://hub.example.org:8443", 403),
            ("http://hub.example.org", 403)])
        {
            using var response = await visitor.SendAsync(
                HttpMethod.Post,
                "/sign-in",
                PageVisitor.FormOf(("token", Admin), ("return", "packages?q=a%20b")),
                ("Origin", origin),
                ("X-Forwarded-For", "192.0.2.1"),
                ("X-Forwarded-Host", "hub.example.org"),
                ("X-Forwarded-Proto", "https"),
                ("X-Forwarded-Prefix", "/tools"));
            Assert.That((int)response.StatusCode, Is.EqualTo(expected));
            if (expected == 302)
                Assert.That(response.Headers.Location!.OriginalString, Is.EqualTo("./packages?q=a%20b"));
        }
    }

    [TestCase("packages/team/app@1.0.0?tab=values", "./packages/team/app@1.0.0?tab=values")]
    [TestCase("", "./")]
    [TestCase("/", "./")]
    [TestCase("//evil.example", "./")]
    [TestCase("\\\\evil.example", "./")]
    [TestCase("../other", "./")]
    [TestCase("packages/%2E%2e/%2e./other", "./")]
    [TestCase("https://evil.example", "./https://evil.example")]
    [TestCase("javascript:alert(1)", "./javascript:alert(1)")]
    [TestCase("a\r\nSet-Cookie: x=y", "./")]
    [TestCase("\t//evil.example", "./")]
    [TestCase("ünsafe", "./")]
    public async Task A_sign_in_leads_to_pages_of_this_registry_only(string next, string location)
    {
        using var visitor = new PageVisitor(registry.Host.Address);
        var form = await visitor.ReadAsync($"/sign-in?return={Uri.EscapeDataString(next)}");
        Assert.That(form, Does.Contain($"name=\"return\" value=\"{location[2..]}\""));
        using var response = await visitor.PostAsync("/sign-in", ("token", Admin), ("return", next));
        Assert.That(response.Headers.Location!.OriginalString, Is.EqualTo(location));
    }

    [Test]
    public async Task A_wrong_secret_is_refused_audited_and_never_repeated()
    {
        var secrets = new[]
        {
            "a-wrong-secret", (await registry.IssueExpiredAsync("**=pull")).Text,
            (await registry.IssueRevokedAsync("**=pull")).Text, "eyJhbGciOiJub25lIn0.e30.",
        };
        foreach (var secret in secrets)
        {
            var before = Refusals().Count;
            using var visitor = new PageVisitor(registry.Host.Address);
            using var response = await visitor.PostAsync("/sign-in?return=tokens", ("token", secret));
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(visitor.Session, Is.Null);
            Assert.That(response.Headers.WwwAuthenticate, Is.Empty);
            var html = await response.Content.ReadAsStringAsync();
            Assert.That(html, Does.Contain("role=\"alert\"").And.Not.Contain(secret));
            Assert.That(Refusals(), Has.Count.EqualTo(before + 1));
        }

        Assert.That(
            registry.Host.Log.Entries.Where(
                entry => secrets.Any(secret => entry.Message.Contains(secret, StringComparison.Ordinal))),
            Is.Empty);

        List<string> Refusals() =>
        [
            .. registry.Host.Log.Entries.Where(static entry => entry.Category == AuditLog.Category)
                .Select(static entry => entry.Message)
                .Where(static message =>
                    message.StartsWith("Rejected credentials for /sign-in", StringComparison.Ordinal)),
        ];
    }

    [TestCase("", 400)]
    [TestCase("  ", 400)]
    public async Task An_empty_secret_is_400(string secret, int expected)
    {
        using var visitor = new PageVisitor(registry.Host.Address);
        using var response = await visitor.PostAsync("/sign-in", ("token", secret));
        Assert.That((int)response.StatusCode, Is.EqualTo(expected));
    }

    [Test]
    public async Task What_is_not_a_form_is_refused()
    {
        using var visitor = new PageVisitor(registry.Host.Address);
        foreach (var (body, expected) in (IEnumerable<(HttpContent, int)>)[
            (new StringContent($"token={Admin}"), 400),
            (PageVisitor.FormOf(("token", new string('x', 200_000))), 413),
            (PageVisitor.FormOf([.. Enumerable.Range(0, 100).Select(static i => ($"f{i}", "x"))]), 400)])
        {
            using var response = await visitor.SendAsync(
                HttpMethod.Post, "/sign-in", body, ("Sec-Fetch-Site", "same-origin"));
            Assert.That((int)response.StatusCode, Is.EqualTo(expected));
        }
    }

    [Test]
    public async Task A_full_storage_is_reported_as_full()
    {
        var faults = new StorageFaults();
        await using var host = new GuardedRegistry(await RegistryHost.StartAsync(
            services => services.AddSingleton<IDocumentStore>(
                new FaultyDocumentStore(new InMemoryStorage().Documents, faults)),
            routes: null,
            "--Auth:Mode=tokens",
            $"--Auth:AdminToken={Admin}"));
        faults.Before = static call => call.Operation == StorageOperation.PutDocument
            ? throw new StorageException(StorageFault.Full, "full")
            : default;
        using var visitor = new PageVisitor(host.Host.Address);
        using var response = await visitor.PostAsync("/sign-in", ("token", Admin));
        Assert.That((int)response.StatusCode, Is.EqualTo(507));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("The storage is full."));
        Assert.That(visitor.Session, Is.Null);
    }

    [Test]
    public async Task There_is_nothing_to_sign_in_to_where_requests_need_no_credentials()
    {
        await using var open = await RegistryHost.StartAsync();
        using var visitor = new PageVisitor(open.Address);
        foreach (var path in (string[])["/sign-in", "/tokens", "/manage/packages/team/app"])
            using (var response = await visitor.GetAsync(path))
                Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), path);
        foreach (var path in (string[])["/sign-in", "/sign-out", "/tokens"])
            using (var response = await visitor.PostAsync(path))
                Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), path);
        Assert.That(await visitor.ReadAsync("/"), Does.Not.Contain("sign-in"));
    }

    private static async Task AssertSignedOutAsync(PageVisitor visitor)
    {
        using var response = await visitor.GetAsync("/tokens");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Not.Contain("Sign out"));
    }
}
