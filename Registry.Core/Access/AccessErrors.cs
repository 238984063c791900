using Registry.Core.Errors;

namespace Registry.Core.Access;

/// <summary>The errors of callers who lack a right.</summary>
public static class AccessErrors
{
    /// <summary>The message for a caller without credentials.</summary>
    public const string LoginRequired = "Log in: this needs a token that allows it.";

    /// <summary>The name of the detail with the scopes that the caller lacks.</summary>
    public const string Scopes = "scopes";

    /// <summary>
    /// Creates the error for a caller who lacks a right: the same whether or not the resource exists.
    /// </summary>
    /// <param name="caller">The caller, who is asked to log in if there are no credentials.</param>
    /// <param name="actions">What the request needs.</param>
    /// <param name="resource">The resource; null for anything.</param>
    public static RegistryException Denied(Caller caller, AccessActions actions, AccessResource? resource)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (caller.Kind == CallerKind.Anonymous)
            return new RegistryException(ErrorCode.Unauthorized, LoginRequired);
        var missing = resource is { } named ? caller.Scopes.Missing(actions, named) : actions;
        var scope = resource is { Path.Length: > 0 } whole
            ? Scope.Describe(whole, missing == AccessActions.None ? actions : missing)
            : AccessActionNames.Format(actions);
        return new RegistryException(
            ErrorCode.Forbidden, $"The caller lacks the scope {scope}.", (Scopes, new[] { scope }));
    }
}
