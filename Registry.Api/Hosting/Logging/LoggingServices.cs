using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;

namespace Registry.Api.Hosting.Logging;

/// <summary>Adds the log.</summary>
internal static class LoggingServices
{
    /// <summary>Puts <see cref="ConsoleLog"/> in the place of the framework's console; settings and formatters stay.</summary>
    public static void BufferConsole(this ILoggingBuilder logging)
    {
        var own = logging.Services.Single(static service => service.ImplementationType == typeof(ConsoleLoggerProvider));
        logging.Services.Remove(own);
        logging.Services.TryAddEnumerable(ServiceDescriptor.Singleton<ILoggerProvider, ConsoleLog>());
    }
}
