using System.Net;
using NUnit.Framework;

namespace Registry.Tests.Support;

/// <summary>A minimal browser: it keeps the cookie, sends its origin with forms, and follows no redirect.</summary>
/// <param name="address">The address of the registry.</param>
internal sealed class PageVisitor(Uri address) : IDisposable
{
    /// <summary>The name of the cookie.</summary>
    public const string CookieName = "registry-session";

    private readonly HttpClient client = new(
        new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    { BaseAddress = address };

    /// <summary>The cookie of the session; null without one.</summary>
    public string? Session { get; set; }

    /// <summary>Signs in.</summary>
    public static async Task<PageVisitor> SignInAsync(GuardedRegistry registry, string secret)
    {
        var visitor = new PageVisitor(registry.Host.Address);
        using var response = await visitor.PostAsync("/sign-in", ("token", secret));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That(visitor.Session, Is.Not.Null);
        return visitor;
    }

    /// <summary>Opens a page.</summary>
    public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    /// <summary>Opens a page that exists, and returns its HTML.</summary>
    public async Task<string> ReadAsync(string path)
    {
        using var response = await GetAsync(path);
        var html = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), html);
        return html;
    }

    /// <summary>Sends a form from a page of the registry.</summary>
    public Task<HttpResponseMessage> PostAsync(string path, params (string Name, string Value)[] fields) =>
        SendAsync(HttpMethod.Post, path, FormOf(fields), ("Origin", address.GetLeftPart(UriPartial.Authority)));

    /// <summary>Sends a request with the cookie, and keeps the one that the response has.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        if (Session is not null)
            request.Headers.Add("Cookie", $"{CookieName}={Session}");
        var response = await client.SendAsync(request);
        if (CookieOf(response) is { } cookie)
            Session = cookie.Split(';')[0].Split('=', 2)[1] is { Length: > 0 } value ? value : null;
        return response;
    }

    /// <summary>Returns the cookie that a response sets, with its attributes; null for none.</summary>
    public static string? CookieOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies.Single() : null;

    public static FormUrlEncodedContent FormOf(params (string Name, string Value)[] fields) =>
        new(fields.Select(static field => KeyValuePair.Create(field.Name, field.Value)));

    public void Dispose() => client.Dispose();
}
