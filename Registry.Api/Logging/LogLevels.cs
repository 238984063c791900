namespace Registry.Api.Logging;

/// <summary>
/// Validates the levels in section <c>Logging</c>. The framework throws on invalid levels during composition.
/// </summary>
internal static class LogLevels
{
    private const string Section = "LogLevel";

    /// <summary>Returns the settings with an invalid level.</summary>
    public static IReadOnlyList<IConfigurationSection> FindInvalid(IConfiguration configuration)
    {
        var logging = configuration.GetSection("Logging");
        return
        [
            .. logging.GetChildren().Select(static provider => provider.GetSection(Section)).Prepend(
                logging.GetSection(Section))
                .SelectMany(static levels => levels.GetChildren())
                .Where(
                    static level =>
                        !string.IsNullOrEmpty(level.Value)
                            && !Enum.TryParse<LogLevel>(level.Value, ignoreCase: true, out _)),
        ];
    }

    /// <summary>Returns the error for a setting that <see cref="FindInvalid"/> returned.</summary>
    public static string Error(IConfigurationSection level) =>
        $"{level.Path.Replace(":", "__", StringComparison.Ordinal)} is '{level.Value}'; expected one of "
            + $"{string.Join(", ", Enum.GetNames<LogLevel>())}.";
}
