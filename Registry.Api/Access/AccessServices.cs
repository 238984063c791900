using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;

namespace Registry.Api.Access;

/// <summary>Composition of access control.</summary>
internal static class AccessServices
{
    /// <summary>Adds what is needed to authenticate and authorize requests.</summary>
    /// <param name="services">The services.</param>
    /// <param name="requiresScopes">See <see cref="AccessOptions.RequiresScopes"/>. Otherwise nothing is added.</param>
    public static void AddAccess(this IServiceCollection services, bool requiresScopes)
    {
        services.AddSingleton<AdministratorSecret>();
        services.AddHostedService<AccessMonitor>();
        if (!requiresScopes)
            return;
        services.AddSingleton<ICredentialVerifier>(
            static provider => provider.GetRequiredService<AdministratorSecret>());
        services.AddSingleton<ICredentialVerifier, TokenVerifier>();
        services.AddSingleton<CredentialVerifiers>();
        services.AddSingleton<AnonymousRights>();
        services.AddSingleton<BrowserSessions>();

        // Not AddAuthentication, which also adds keys for cookies, and stores them in the home directory.
        services.AddWebEncoders();
        services.AddAuthenticationCore(
            static authentication => authentication.DefaultScheme = CallerHandler.SchemeName);
        new AuthenticationBuilder(services).AddScheme<AuthenticationSchemeOptions, CallerHandler>(
            CallerHandler.SchemeName, configureOptions: null);
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicy([new StatedRight()], []));
        services.AddSingleton<IAuthorizationHandler, RightHandler>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessResultHandler>();
    }

    /// <summary>
    /// Authenticates and authorizes requests of the endpoints that follow. Does nothing where requests need no
    /// credentials.
    /// </summary>
    public static void UseAccess(this WebApplication app)
    {
        if (!app.Services.GetRequiredService<AccessOptions>().RequiresScopes)
            return;
        app.UseMiddleware<AccessAuditMiddleware>();
        app.UseAuthentication();
        app.UseAuthorization();
    }
}
