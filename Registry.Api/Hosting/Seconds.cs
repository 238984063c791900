namespace Registry.Api.Hosting;

/// <summary>What settings in seconds have in common.</summary>
internal static class Seconds
{
    /// <summary>Some three years: what is longer is a mistake, and timers overflow soon after.</summary>
    private const double Longest = 1e8;

    /// <summary>Whether a time is above 0 and can be waited for.</summary>
    public static bool IsValid(double value) => value is > 0 and <= Longest;

    /// <summary>What is wrong with one that is not valid.</summary>
    public static string Error(string variable, double value) =>
        FormattableString.Invariant($"{variable} is {value}; it must be above 0 and at most {Longest} seconds.");
}
