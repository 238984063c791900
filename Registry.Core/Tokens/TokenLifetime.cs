using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Registry.Core.Tokens;

/// <summary>How long a new token is valid: <c>30m</c>, <c>12h</c>, <c>90d</c>, or <c>never</c> to expire.</summary>
/// <param name="Span">The time; null if the token never expires.</param>
public readonly record struct TokenLifetime(TimeSpan? Span)
{
    private const string Never = "never";
    private const int MaxDays = 3650;

    /// <summary>Parses a lifetime.</summary>
    /// <param name="text">The lifetime; null if there is none.</param>
    /// <param name="lifetime">The lifetime; the default value if it is invalid.</param>
    /// <param name="problem">What is wrong and what is expected, worded to follow the field; null if valid.</param>
    public static bool TryParse(string? text, out TokenLifetime lifetime, [NotNullWhen(false)] out string? problem)
    {
        lifetime = default;
        problem = null;
        if (text == Never)
            return true;
        if (text is [.., var unit]
            && long.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && UnitOf(unit) is { } length
            && count > 0
            && count <= TimeSpan.FromDays(MaxDays) / length)
        {
            lifetime = new TokenLifetime(count * length);
            return true;
        }

        var given = text is null ? "missing" : $"'{text}'";
        problem = $"is {given}; expected minutes, hours or days up to {MaxDays} days, such as 30m, 12h or 90d, or "
            + Never;
        return false;
    }

    private static TimeSpan? UnitOf(char unit) => unit switch
    {
        'm' => TimeSpan.FromMinutes(1),
        'h' => TimeSpan.FromHours(1),
        'd' => TimeSpan.FromDays(1),
        _ => null,
    };
}
