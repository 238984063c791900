using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Core.Access;
using Registry.Core.Errors;
using Registry.Core.Tokens;

namespace Registry.Api.Ui.Account;

/// <summary>The pages of tokens: <c>/tokens</c>.</summary>
/// <param name="tokens">The use cases.</param>
/// <param name="time">The clock that tells which tokens have expired.</param>
[RequiresTokenMode]
internal sealed class TokenPagesController(AccessTokens tokens, TimeProvider time) : PageController
{
    /// <summary>The path of the list.</summary>
    public const string Path = "/tokens";

    /// <summary>Shows the tokens that the caller administers, and the form for a new one.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresSomewhere(AccessActions.Admin)]
    [HttpGet(Path), HttpHead(Path)]
    public Task<IActionResult> ListAsync(CancellationToken cancellationToken) =>
        ShowAsync(NewTokenForm.Empty, cancellationToken);

    /// <summary>Issues a token, and shows it once.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresSomewhere(AccessActions.Admin)]
    [HttpPost(Path)]
    public async Task<IActionResult> IssueAsync(CancellationToken cancellationToken)
    {
        var form = NewTokenForm.Of(await PageForm.ReadAsync(HttpContext, cancellationToken));
        if (form.Parse(out var problem) is not { } request)
            return await RefuseAsync(form, ErrorCode.InvalidParameters, problem!, cancellationToken);
        try
        {
            var issued = await tokens.IssueAsync(request, Caller, cancellationToken);
            var page = Page("Account/Issued", issued);
            Response.Headers.CacheControl = "no-store";
            return page;
        }
        catch (RegistryException exception)
            when (exception.Code is ErrorCode.InvalidParameters or ErrorCode.ResourceInUse)
        {
            return await RefuseAsync(form, exception.Code, $"{exception.Message}.", cancellationToken);
        }
    }

    /// <summary>Asks whether to revoke a token.</summary>
    /// <param name="tokenId">The id of the token.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresSomewhere(AccessActions.Admin)]
    [HttpGet($"{Path}/{{tokenId}}/revoke"), HttpHead($"{Path}/{{tokenId}}/revoke")]
    public async Task<IActionResult> ConfirmAsync(string tokenId, CancellationToken cancellationToken) =>
        Page("Account/Revoke", await tokens.GetAsync(Parse(tokenId), Caller, cancellationToken));

    /// <summary>Revokes a token.</summary>
    /// <param name="tokenId">The id of the token.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresSomewhere(AccessActions.Admin)]
    [HttpPost($"{Path}/{{tokenId}}/revoke")]
    public async Task<IActionResult> RevokeAsync(string tokenId, CancellationToken cancellationToken)
    {
        await tokens.RevokeAsync(Parse(tokenId), Caller, cancellationToken);

        // Revoking your own token ends your session.
        return Redirect(LocalPath.From(Request, tokenId == Caller.Id ? "" : Path[1..]));
    }

    /// <summary>Shows the form again with what was entered, for a token with a new id.</summary>
    private async Task<IActionResult> RefuseAsync(
        NewTokenForm form, ErrorCode code, string problem, CancellationToken cancellationToken)
    {
        Response.StatusCode = code == ErrorCode.ResourceInUse
            ? StatusCodes.Status409Conflict
            : StatusCodes.Status422UnprocessableEntity;
        return await ShowAsync(form with { Id = TokenId.Create(), Problem = problem }, cancellationToken);
    }

    private async Task<IActionResult> ShowAsync(NewTokenForm form, CancellationToken cancellationToken)
    {
        var listed = await tokens.ListAsync(Caller, cancellationToken);
        return Page(
            "Account/Tokens",
            new TokensPage(
                [.. listed.Tokens.OrderByDescending(static token => token.CreatedAt)],
                listed.Unreadable.Count == 0 ? null : AccessTokens.Unreadable(listed).Message,
                form,
                time.GetUtcNow()));
    }

    private static TokenId Parse(string text) =>
        TokenId.TryParse(text, out var id) ? id : throw AccessTokens.NotFound(text);
}

/// <summary>What the list shows.</summary>
/// <param name="Tokens">The tokens, the newest first.</param>
/// <param name="Unreadable">Which tokens are missing, because they cannot be read; null for none.</param>
/// <param name="Form">The form for a new token.</param>
/// <param name="Now">The time, to tell which tokens have expired.</param>
internal sealed record TokensPage(
    IReadOnlyList<AccessToken> Tokens, string? Unreadable, NewTokenForm Form, DateTimeOffset Now);
