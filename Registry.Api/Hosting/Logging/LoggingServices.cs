using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;

namespace Registry.Api.Hosting.Logging;

/// <summary>Composition of the console log.</summary>
internal static class LoggingServices
{
    private const string FormatterSetting = "Logging:Console:FormatterName";

    private static readonly string[] Formatters = [ConsoleFormatterNames.Simple, ConsoleFormatterNames.Json];

    /// <summary>
    /// What is wrong with the choice of the formatter; nothing when it exists. The framework would use another one silently.
    /// </summary>
    public static IEnumerable<string> Errors(IConfiguration configuration)
    {
        if (configuration[FormatterSetting] is { } name && !Formatters.Contains(name, StringComparer.OrdinalIgnoreCase))
            yield return $"LOGGING__CONSOLE__FORMATTERNAME is '{name}'; expected {string.Join(" or ", Formatters)}.";
    }

    /// <summary>
    /// Replaces the formatters of the framework's console logger with <see cref="TextFormatter"/> and
    /// <see cref="JsonFormatter"/>.
    /// </summary>
    /// <param name="logging">The log of the service, with the framework's console logger.</param>
    public static void UseOwnFormatters(this ILoggingBuilder logging)
    {
        logging.Services.RemoveAll<ConsoleFormatter>();
        logging.AddConsoleFormatter<TextFormatter, ConsoleFormatterOptions>();
        logging.AddConsoleFormatter<JsonFormatter, ConsoleFormatterOptions>();
        logging.Services.TryAddSingleton(TimeProvider.System);
    }
}
