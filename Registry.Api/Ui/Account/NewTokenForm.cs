using Registry.Core.Access;
using Registry.Core.Tokens;

namespace Registry.Api.Ui.Account;

/// <summary>The form for a new token.</summary>
/// <param name="Id">The id of the token, so that reloading the page does not issue another token.</param>
/// <param name="Name">The name, as entered.</param>
/// <param name="Scopes">The scopes, as entered: separated by spaces or lines.</param>
/// <param name="Lifetime">How long the token is valid, in the format of <see cref="TokenLifetime"/>.</param>
internal sealed record NewTokenForm(TokenId Id, string Name, string Scopes, string Lifetime)
{
    /// <summary>The form before anything is entered.</summary>
    public static NewTokenForm Empty => new(TokenId.Create(), "", "", "90d");

    /// <summary>The lifetimes to choose from, with their names.</summary>
    public static IReadOnlyList<(string Value, string Name)> Lifetimes { get; } =
    [
        ("1d", "1 day"), ("7d", "7 days"), ("30d", "30 days"), ("90d", "90 days"), ("365d", "1 year"),
        ("never", "Never"),
    ];

    /// <summary>Why the token was not issued; null before that.</summary>
    public string? Problem { get; init; }

    /// <summary>Returns the form as a page has sent it.</summary>
    public static NewTokenForm Of(PageForm form) => new(
        TokenId.TryParse(form["id"], out var id) ? id : TokenId.Create(),
        form["name"],
        form["scopes"],
        form["expires"]);

    /// <summary>Parses what was entered.</summary>
    /// <param name="problem">The first problem, as a sentence; null if there is none.</param>
    /// <returns>Null if there is a problem.</returns>
    public NewToken? Parse(out string? problem)
    {
        if (!TokenName.TryParse(Name, out var name, out problem))
            problem = $"The name {problem}.";
        else if (!ScopeSet.TryParse(Scopes, out var scopes, out problem))
            problem = $"Invalid {problem}.";
        else if (!TokenLifetime.TryParse(Lifetime, out var lifetime, out problem))
            problem = $"The lifetime {problem}.";
        else
            return new NewToken(name, scopes, lifetime) { Id = Id };
        return null;
    }
}
