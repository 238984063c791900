using System.Globalization;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;
using Registry.Core.Settings;

namespace Registry.Api.Logging;

/// <summary>Composition of the console log.</summary>
internal static class LoggingServices
{
    private static readonly string[] Formatters = [ConsoleFormatterNames.Simple, ConsoleFormatterNames.Json];

    /// <summary>
    /// The members of section <c>Logging:Console</c>. The framework throws on invalid values during composition.
    /// </summary>
    private static readonly (string Name, Func<string, bool> IsValid, string Expected)[] Members =
    [
        (
            "FormatterName",
            static text => Formatters.Contains(text, StringComparer.OrdinalIgnoreCase),
            string.Join(" or ", Formatters)),
        (
            "MaxQueueLength",
            static text =>
                int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var lines) && lines > 0,
            "a whole number above 0"),
        (
            "QueueFullMode",
            static text => Enum.TryParse<ConsoleLoggerQueueFullMode>(text, ignoreCase: true, out _),
            string.Join(" or ", Enum.GetNames<ConsoleLoggerQueueFullMode>())),
        (
            "LogToStandardErrorThreshold",
            static text => Enum.TryParse<LogLevel>(text, ignoreCase: true, out _),
            $"one of {string.Join(", ", Enum.GetNames<LogLevel>())}"),
        ("FormatterOptions:IncludeScopes", static text => bool.TryParse(text, out _), "true or false"),
        ("FormatterOptions:UseUtcTimestamp", static text => bool.TryParse(text, out _), "true or false"),
    ];

    /// <summary>Returns the errors in the settings of the console log; empty if they are valid.</summary>
    public static IEnumerable<string> Errors(IConfiguration configuration) =>
        from member in FindInvalid(configuration)
        select $"LOGGING__CONSOLE__{Setting.VariableOf(member.Name)} is '{configuration[KeyOf(member.Name)]}'; "
            + $"expected {member.Expected}.";

    /// <summary>
    /// Removes the settings that <see cref="Errors"/> reports, so that they can be reported together with all others.
    /// </summary>
    public static void ClearInvalid(IConfiguration configuration)
    {
        foreach (var member in FindInvalid(configuration).ToList())
            configuration[KeyOf(member.Name)] = null;
    }

    /// <summary>
    /// Replaces the framework's console logger with <see cref="BatchedConsoleProvider"/>, and its formatters with
    /// <see cref="TextFormatter"/> and <see cref="JsonFormatter"/>. The settings are those of the framework.
    /// </summary>
    /// <param name="logging">The logging builder, with the framework's console logger.</param>
    public static void UseConsole(this ILoggingBuilder logging)
    {
        logging.Services.Remove(logging.Services.Single(
            static service => service.ImplementationType == typeof(ConsoleLoggerProvider)));
        logging.Services.RemoveAll<ConsoleFormatter>();
        logging.Services.AddSingleton<ILoggerProvider, BatchedConsoleProvider>();
        logging.AddConsoleFormatter<TextFormatter, ConsoleFormatterOptions>();
        logging.AddConsoleFormatter<JsonFormatter, ConsoleFormatterOptions>();
        logging.Services.TryAddSingleton(TimeProvider.System);
    }

    private static IEnumerable<(string Name, Func<string, bool> IsValid, string Expected)> FindInvalid(
        IConfiguration configuration) =>
        Members.Where(member => configuration[KeyOf(member.Name)] is { } text && !member.IsValid(text));

    private static string KeyOf(string member) => $"Logging:Console:{member}";
}
