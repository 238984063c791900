using Registry.Api.Audit;
using Registry.Core.Events;
using Registry.Core.Settings;

namespace Registry.Api.Hosting;

/// <summary>Composition of the audit file.</summary>
internal static class AuditServices
{
    /// <summary>Adds the file to the receivers of events, if there is one.</summary>
    public static void AddAuditFile(this IServiceCollection services, IConfiguration configuration)
    {
        var file = new SettingsSection<AuditSettings>(configuration, AuditSettings.Section).Read().File;
        if (file.Length > 0)
            services.AddSingleton<IRegistryEventSink>(_ => Open(file));
    }

    /// <exception cref="StartupException">The file cannot be written.</exception>
    private static AuditFile Open(string path)
    {
        try
        {
            return new AuditFile(path);
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new StartupException($"AUDIT__FILE is '{path}', which cannot be written: {exception.Message}");
        }
    }
}
