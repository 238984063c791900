using Registry.Api.Http;

namespace Registry.Api.Tokens;

/// <summary>
/// The API of tokens, and the login of CNR clients. Errors have the default form. It owns its paths also where it has
/// no endpoints.
/// </summary>
internal sealed class TokensProtocol() : ApiProtocol("/api/v1/tokens", "/api/v1/users")
{
    /// <inheritdoc/>
    public override string Name => "tokens";
}

/// <summary>Composition of the API of tokens.</summary>
internal static class TokensServices
{
    /// <summary>Adds what the API of tokens needs.</summary>
    public static IServiceCollection AddTokens(this IServiceCollection services) =>
        services.AddSingleton<ApiProtocol, TokensProtocol>();
}
