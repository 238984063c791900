using System.Text.RegularExpressions;

namespace Registry.Api.Identities;

/// <summary>
/// The values of a claim that a rule accepts: text, in which <c>*</c> stands for any characters but <c>/</c>, and
/// <c>**</c> for any characters. The comparison is exact, so case matters.
/// </summary>
/// <param name="claim">The name of the claim, in any case.</param>
/// <param name="text">The pattern.</param>
internal sealed class ClaimPattern(string claim, string text)
{
    // Linear in the length of the value, whatever the pattern is.
    private readonly Regex regex = new(
        string.Concat(
            "^",
            Regex.Escape(text)
                .Replace(@"\*\*", ".*", StringComparison.Ordinal)
                .Replace(@"\*", "[^/]*", StringComparison.Ordinal),
            @"\z"),
        RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant);

    /// <summary>The name of the claim.</summary>
    public string Claim => claim;

    /// <summary>Whether the pattern accepts every value, and so restricts nothing.</summary>
    public bool AcceptsAll => text.Trim('*').Length == 0;

    /// <summary>Whether the pattern accepts one of the values of a claim.</summary>
    public bool Matches(IEnumerable<string> values) => values.Any(regex.IsMatch);
}
