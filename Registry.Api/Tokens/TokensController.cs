using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http;
using Registry.Core.Access;
using Registry.Core.Errors;
using Registry.Core.Tokens;

namespace Registry.Api.Tokens;

/// <summary>Tokens: <c>/api/v1/tokens</c>.</summary>
/// <param name="tokens">The use cases.</param>
[ApiController]
[RequiresTokenMode]
[Route("api/v1/tokens")]
internal sealed class TokensController(AccessTokens tokens) : ControllerBase
{
    private Caller Caller => RequestCaller.Of(HttpContext);

    /// <summary>Issue a token</summary>
    /// <remarks>
    /// Only this response contains the token. On every scope, the caller needs <c>admin</c> and all actions of the
    /// scope. The token expires no later than the token of the request.
    /// </remarks>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Admin)]
    [HttpPost]
    [ProducesResponseType<TokenJson>(StatusCodes.Status201Created, "application/json")]
    public async Task<IActionResult> IssueAsync(CancellationToken cancellationToken)
    {
        var request = await NewTokenReader.ReadAsync(Request, cancellationToken);
        var issued = await tokens.IssueAsync(request, Caller, cancellationToken);
        Response.Headers.Location = $"{Request.PathBase}/api/v1/tokens/{issued.Token.Id}";
        Response.Headers.CacheControl = "no-store";
        return JsonBody.Of(
            TokenJson.Of(issued), TokenJsonContext.Default.TokenJson, tag: null, StatusCodes.Status201Created);
    }

    /// <summary>List tokens</summary>
    /// <remarks>
    /// The tokens for which the caller has <c>admin</c> on every scope, by id. Expired tokens are listed for 30 days.
    /// </remarks>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Admin)]
    [HttpGet, HttpHead]
    [ProducesResponseType<IReadOnlyList<TokenJson>>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> ListAsync(CancellationToken cancellationToken)
    {
        var listed = await tokens.ListAsync(Caller, cancellationToken);
        if (listed.Unreadable.Count > 0)
            throw AccessTokens.Unreadable(listed);
        return JsonBody.OfMany(listed.Tokens.Select(TokenJson.Of), TokenJsonContext.Default.TokenJson, tag: null);
    }

    /// <summary>Show the token of this request</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.None)]
    [HttpGet("self"), HttpHead("self")]
    [ProducesResponseType<TokenJson>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> ShowSelfAsync(CancellationToken cancellationToken)
    {
        var caller = Caller;
        if (caller.Kind == CallerKind.Anonymous)
            throw AccessErrors.Denied(caller, AccessActions.None, resource: null);
        return TokenId.TryParse(caller.Id, out var id) && caller.Kind == CallerKind.Token
            ? Show(await tokens.GetAsync(id, caller, cancellationToken))
            : throw new RegistryException(ErrorCode.TokenNotFound, "The credentials of this request are not a token");
    }

    /// <summary>Show a token</summary>
    /// <param name="tokenId">The id of the token: 12 lower-case letters and digits.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Admin)]
    [HttpGet("{tokenId}"), HttpHead("{tokenId}")]
    [ProducesResponseType<TokenJson>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> ShowAsync(string tokenId, CancellationToken cancellationToken) =>
        Show(await tokens.GetAsync(Parse(tokenId), Caller, cancellationToken));

    /// <summary>Revoke a token</summary>
    /// <remarks>Every replica rejects it at its next request. Tokens that were issued with it stay valid.</remarks>
    /// <param name="tokenId">The id of the token: 12 lower-case letters and digits.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Admin)]
    [HttpDelete("{tokenId}")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public async Task<IActionResult> RevokeAsync(string tokenId, CancellationToken cancellationToken)
    {
        await tokens.RevokeAsync(Parse(tokenId), Caller, cancellationToken);
        return NoContent();
    }

    private static JsonBody Show(AccessToken token) =>
        JsonBody.Of(TokenJson.Of(token), TokenJsonContext.Default.TokenJson, tag: null);

    private static TokenId Parse(string text) =>
        TokenId.TryParse(text, out var id) ? id : throw AccessTokens.NotFound(text);
}
