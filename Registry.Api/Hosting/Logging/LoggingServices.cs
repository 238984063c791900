using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;

namespace Registry.Api.Hosting.Logging;

/// <summary>Composition of the console log.</summary>
internal static class LoggingServices
{
    private const string FormatterSetting = "Logging:Console:FormatterName";

    private static readonly string[] Formatters = [ConsoleFormatterNames.Simple, ConsoleFormatterNames.Json];

    /// <summary>
    /// Replaces the formatters of the framework's console logger with <see cref="TextFormatter"/> and
    /// <see cref="JsonFormatter"/>.
    /// </summary>
    /// <param name="logging">The log of the service, with the framework's console logger.</param>
    /// <param name="configuration">The settings of the service.</param>
    /// <exception cref="StartupException">
    /// The formatter that the settings name does not exist; the framework would use another one silently.
    /// </exception>
    public static void UseOwnFormatters(this ILoggingBuilder logging, IConfiguration configuration)
    {
        if (configuration[FormatterSetting] is { } name && !Formatters.Contains(name, StringComparer.OrdinalIgnoreCase))
            throw new StartupException(
                $"LOGGING__CONSOLE__FORMATTERNAME is '{name}'; {string.Join(" or ", Formatters)} is expected.");
        logging.Services.RemoveAll<ConsoleFormatter>();
        logging.AddConsoleFormatter<TextFormatter, ConsoleFormatterOptions>();
        logging.AddConsoleFormatter<JsonFormatter, ConsoleFormatterOptions>();
        logging.Services.TryAddSingleton(TimeProvider.System);
    }
}
