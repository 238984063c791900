using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http;
using Registry.Core.Errors;

namespace Registry.Api.Cnr;

/// <summary>
/// The login of CNR clients. They send the returned value as their <c>Authorization</c> header, so it contains the
/// token they logged in with.
/// </summary>
[ApiController]
[RequiresTokenMode]
internal sealed class LoginController(CredentialVerifiers verifiers) : ControllerBase
{
    /// <summary>The largest body, in bytes: a token with escapes.</summary>
    private const int MaxBodyBytes = 8 * Credentials.MaxSecretLength;

    /// <summary>The error of a login without a password, as an example.</summary>
    internal static RegistryException MissingPassword => Invalid(
        $"The field 'user.password' is missing, empty, or longer than {Credentials.MaxSecretLength} characters: "
            + "expected a token.");

    /// <summary>Log in</summary>
    /// <remarks>
    /// The password is a token. The user name is not checked. Clients send the returned `token` as their
    /// `Authorization` header.
    /// </remarks>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Public]
    [HttpPost("/api/v1/users/login"), HttpPost($"{Dialect.ApprRoot}/api/v1/users/login")]
    [ProducesResponseType<LoggedInResponse>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> LoginAsync(CancellationToken cancellationToken)
    {
        var password = await ReadPasswordAsync(cancellationToken);
        var verification = await verifiers.VerifyAsync(password, HttpContext);
        if (verification.Problem is { } problem)
            throw new RegistryException(ErrorCode.Unauthorized, problem);
        Response.Headers.CacheControl = "no-store";
        return JsonBody.Of(
            new LoggedInResponse(Credentials.ToBasic(password)), CnrJsonContext.Default.LoggedInResponse, tag: null);
    }

    private async Task<string> ReadPasswordAsync(CancellationToken cancellationToken)
    {
        var body = await SmallBody.ReadAsync(Request, MaxBodyBytes, cancellationToken)
            ?? throw new RegistryException(
                ErrorCode.RequestTooLarge, $"The login is larger than {MaxBodyBytes} bytes.", ("limit", MaxBodyBytes));
        try
        {
            var login = JsonSerializer.Deserialize(body.Span, CnrJsonContext.Default.LoginRequest);
            return login?.User?.Password is { Length: > 0 and <= Credentials.MaxSecretLength } password
                ? password
                : throw MissingPassword;
        }
        catch (JsonException)
        {
            throw Invalid("The body is not valid JSON; expected {\"user\":{\"username\":\"…\",\"password\":\"…\"}}.");
        }
    }

    private static RegistryException Invalid(string message) =>
        new(ErrorCode.InvalidUsage, message, ("field", "user.password"));
}

/// <summary>A login.</summary>
/// <param name="User">The user; null when it is missing.</param>
internal sealed record LoginRequest(LoginUser? User);

/// <summary>The user of a login, whose name is not read.</summary>
/// <param name="Password">A token; null when it is missing.</param>
internal sealed record LoginUser(string? Password);

/// <summary>The response to a login.</summary>
/// <param name="Token">The value of the <c>Authorization</c> header that clients send from now on.</param>
internal sealed record LoggedInResponse(string Token);
