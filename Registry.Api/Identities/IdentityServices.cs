using Registry.Api.Access;

namespace Registry.Api.Identities;

/// <summary>Composition of external identities.</summary>
internal static class IdentityServices
{
    /// <summary>Adds what is needed to verify external identities. Without rules nothing is added.</summary>
    public static void AddIdentities(this IServiceCollection services, IConfiguration configuration)
    {
        var rules = IdentitySettings.Of(configuration).Rules;
        if (rules.Count > 0)
            services.AddSingleton<ICredentialVerifier>(
                provider => ActivatorUtilities.CreateInstance<IdentityVerifier>(provider, rules));
    }
}
