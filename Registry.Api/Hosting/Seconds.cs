namespace Registry.Api.Hosting;

/// <summary>Validates settings in seconds.</summary>
internal static class Seconds
{
    /// <summary>About three years. A longer time is a mistake.</summary>
    private const double Max = 1e8;

    /// <summary>Whether a time is above 0 and not too long.</summary>
    public static bool IsValid(double value) => value is > 0 and <= Max;

    /// <summary>Returns the error for an invalid value.</summary>
    public static string Error(string variable, double value) =>
        FormattableString.Invariant($"{variable} is {value}; it must be above 0 and at most {Max} seconds.");
}
