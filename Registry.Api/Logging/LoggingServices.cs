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
    /// Members of the section <c>Logging:Console</c> that the framework reads, for which it throws while the service is
    /// composed.
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

    /// <summary>What is wrong with the settings of the console log; nothing when they can be used.</summary>
    public static IEnumerable<string> Errors(IConfiguration configuration) =>
        from member in FindInvalid(configuration)
        select $"LOGGING__CONSOLE__{Setting.VariableOf(member.Name)} is '{configuration[KeyOf(member.Name)]}'; "
            + $"expected {member.Expected}.";

    /// <summary>
    /// Takes out what <see cref="Errors"/> names, so that the errors can be told together with all others.
    /// </summary>
    public static void ClearInvalid(IConfiguration configuration)
    {
        foreach (var member in FindInvalid(configuration).ToList())
            configuration[KeyOf(member.Name)] = null;
    }

    /// <summary>
    /// Replaces the framework's console logger with <see cref="BatchedConsoleProvider"/>, and its formatters with
    /// <see cref="TextFormatter"/> and <see cref="JsonFormatter"/>. The settings stay those of the framework.
    /// </summary>
    /// <param name="logging">The log of the service, with the framework's console logger.</param>
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
