using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Core.Access;
using Registry.Core.Events;

namespace Registry.Api.Ui.Account;

/// <summary>Begins and ends the session of a browser.</summary>
[RequiresTokenMode]
internal sealed class SignInController(
    CredentialVerifiers verifiers, BrowserSessions sessions, RegistryEvents events) : PageController
{
    /// <summary>The path of the page.</summary>
    public const string Path = "/sign-in";

    /// <summary>Shows the form.</summary>
    /// <param name="return">The path to show after the sign-in, relative to the root; null for the home page.</param>
    [Requires(AccessActions.None)]
    [HttpGet(Path), HttpHead(Path)]
    public IActionResult Show([FromQuery] string? @return) => Form(LocalPath.Of(@return), problem: null);

    /// <summary>Begins a session.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.None)]
    [HttpPost(Path)]
    public async Task<IActionResult> SignInAsync(CancellationToken cancellationToken)
    {
        var form = await PageForm.ReadAsync(HttpContext, cancellationToken);
        var (secret, next) = (form["token"], LocalPath.Of(form["return"]));
        if (secret.Length is 0 or > Credentials.MaxSecretLength)
        {
            Response.StatusCode = StatusCodes.Status400BadRequest;
            return Form(
                next,
                secret.Length == 0
                    ? "Enter a token."
                    : $"Enter a token of at most {Credentials.MaxSecretLength} characters.");
        }

        var verification = await verifiers.VerifyAsync(secret, HttpContext);
        if (verification.Identity is { Kind: CallerKind.Token or CallerKind.Administrator } identity)
        {
            await sessions.BeginAsync(identity, secret, HttpContext);
            return Redirect(LocalPath.From(Request, next));
        }

        var problem = verification.Problem
            ?? "Sign in with a token of this registry or the admin token.";
        events.Raise(
            new RegistryEvent(events.Now, Caller, RegistryAction.CredentialsRefused, Path) { Reason = problem });
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Form(next, problem);
    }

    /// <summary>Ends the session of the browser on every replica.</summary>
    [Requires(AccessActions.None)]
    [HttpPost("/sign-out")]
    public async Task<IActionResult> SignOutAsync()
    {
        await sessions.EndAsync(HttpContext);
        return Redirect(LocalPath.From(Request, ""));
    }

    private ViewResult Form(string next, string? problem)
    {
        var page = Page("Account/SignIn", new SignInPage(next, problem));
        Response.Headers.CacheControl = "no-store";
        return page;
    }
}

/// <summary>What the page shows.</summary>
/// <param name="Return">The path to show after the sign-in.</param>
/// <param name="Problem">Why the last attempt failed; null for none.</param>
internal sealed record SignInPage(string Return, string? Problem);
