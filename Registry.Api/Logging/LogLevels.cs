namespace Registry.Api.Logging;

/// <summary>
/// Judges the levels in the section <c>Logging</c>, for which the framework throws while the service is composed.
/// </summary>
internal static class LogLevels
{
    private const string Section = "LogLevel";

    /// <summary>The settings that hold no level.</summary>
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

    /// <summary>What is wrong with one that <see cref="FindInvalid"/> found.</summary>
    public static string Error(IConfigurationSection level) =>
        $"{level.Path.Replace(":", "__", StringComparison.Ordinal)} is '{level.Value}'; expected one of "
            + $"{string.Join(", ", Enum.GetNames<LogLevel>())}.";
}
