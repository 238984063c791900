namespace Registry.Api.Hosting.Logging;

/// <summary>Which form the log has: <c>Logging:Console:FormatterName</c>.</summary>
internal static class LogSelection
{
    /// <summary>Sets up the one log: <c>simple</c>, or nothing, is the registry's own; every other name one of the framework's, as <c>json</c>.</summary>
    public static void AddLog(this ILoggingBuilder logging, IConfiguration configuration)
    {
        logging.ClearProviders();
        if (configuration["Logging:Console:FormatterName"] is not ({ Length: > 0 } name) || name.Equals("simple", StringComparison.OrdinalIgnoreCase))
            logging.Services.AddSingleton<ILoggerProvider>(services =>
                new LineLog(services.GetRequiredService<TimeProvider>(), Console.OpenStandardOutput()));
        else
            logging.AddConsole();
    }
}
