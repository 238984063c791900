using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Access;
using Registry.Core.Documents;
using Registry.Core.Storage;
using Registry.Core.Tokens;

namespace Registry.Tests.Support;

/// <summary>The service with access control, and callers with tokens.</summary>
/// <param name="host">The service.</param>
internal sealed class GuardedRegistry(RegistryHost host) : IAsyncDisposable
{
    /// <summary>The admin token.</summary>
    public const string AdminSecret = "administrator-of-tests";

    private static readonly Caller Issuer = Caller.Command("test");

    public RegistryHost Host => host;

    /// <summary>A client that follows no redirect, and keeps no cookie.</summary>
    public HttpClient Client { get; } = new(
        new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    { BaseAddress = host.Address };

    /// <param name="anonymous">The scopes of clients without credentials; null for the default.</param>
    /// <param name="settings">More settings, as on the command line.</param>
    public static async Task<GuardedRegistry> StartAsync(string? anonymous = null, params string[] settings) => new(
        await RegistryHost.StartAsync(
            [
                "--Auth:Mode=tokens", $"--Auth:AdminToken={AdminSecret}",
                .. anonymous is null ? (string[])[] : [$"--Auth:Anonymous={anonymous}"], .. settings
            ]));

    /// <summary>Issues a token.</summary>
    /// <param name="scopes">Its scopes, separated by spaces.</param>
    /// <param name="time">The clock of the issuer; null for the current time.</param>
    /// <returns>The secret.</returns>
    public async Task<TokenSecret> IssueAsync(string scopes, TimeProvider? time = null)
    {
        var tokens = time is null
            ? host.Services.GetRequiredService<AccessTokens>()
            : new AccessTokens(
                host.Services.GetRequiredService<IDocumentStore>(),
                time,
                new UpdateOptions(),
                Samples.Events,
                NullLogger<AccessTokens>.Instance);
        Assert.That(ScopeSet.TryParse(scopes, out var parsed, out var problem), problem);
        Assert.That(TokenName.TryParse("test", out var name, out _));
        Assert.That(TokenLifetime.TryParse("1d", out var lifetime, out _));
        var issued = await tokens.IssueAsync(new NewToken(name, parsed!, lifetime), Issuer, CancellationToken.None);
        return issued.Secret;
    }

    /// <summary>Issues a token that has expired.</summary>
    public async Task<TokenSecret> IssueExpiredAsync(string scopes) =>
        await IssueAsync(scopes, new ShiftedTime { Shift = TimeSpan.FromDays(-3) });

    /// <summary>Issues a token, and revokes it.</summary>
    public async Task<TokenSecret> IssueRevokedAsync(string scopes)
    {
        var secret = await IssueAsync(scopes);
        await host.Services.GetRequiredService<AccessTokens>().RevokeAsync(secret.Id, Issuer, CancellationToken.None);
        return secret;
    }

    /// <summary>Pushes a release in media type helm, as the administrator.</summary>
    public async Task PushAsync(string package, string release, byte[] archive)
    {
        using var response = await SendAsync(
            "POST",
            $"/api/v1/packages/{package}",
            AdminSecret,
            JsonContent.Create(new { release, media_type = "helm", blob = Convert.ToBase64String(archive) }));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), await response.Content.ReadAsStringAsync());
    }

    /// <summary>Sends a request.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path and query.</param>
    /// <param name="secret">The secret of the caller; null for none.</param>
    /// <param name="body">The body; null for none.</param>
    public Task<HttpResponseMessage> SendAsync(string method, string path, string? secret, HttpContent? body = null) =>
        SendWithAsync(method, path, secret is null ? null : $"Bearer {secret}", body);

    /// <summary>
    /// Sends a request with an <c>Authorization</c> header. To pages, it comes from another page of the registry.
    /// </summary>
    public async Task<HttpResponseMessage> SendWithAsync(
        string method, string path, string? authorization, HttpContent? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body };
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return await Client.SendAsync(request);
    }

    /// <summary>Returns the body of a response to a GET.</summary>
    public async Task<string> GetAsync(string path, string? secret)
    {
        using var response = await SendAsync("GET", path, secret);
        return await response.Content.ReadAsStringAsync();
    }

    public ValueTask DisposeAsync()
    {
        Client.Dispose();
        return host.DisposeAsync();
    }
}
