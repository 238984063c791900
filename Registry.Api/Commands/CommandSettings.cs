using Registry.Api.Hosting;

namespace Registry.Api.Commands;

/// <summary>Reads the settings of a command, including arguments such as <c>--Section:Name=value</c>.</summary>
internal static class CommandSettings
{
    /// <summary>
    /// Separates settings from other arguments. The command-line parser would split their names at the first colon.
    /// </summary>
    /// <param name="args">The arguments of the program.</param>
    /// <returns>The settings, as <c>--name=value</c>, and everything else.</returns>
    /// <exception cref="UsageException">A setting has no value.</exception>
    public static (IReadOnlyList<string> Settings, IReadOnlyList<string> Others) Split(IReadOnlyList<string> args)
    {
        List<string> settings = [];
        List<string> others = [];

        // Only the service has settings without a section; with a command, they are options of the command.
        var isCommand = args is [not ['-', ..], ..];
        for (var i = 0; i < args.Count; i++)
        {
            var name = NameOf(args[i]);
            if (name is null
                || !(name.Contains(':', StringComparison.Ordinal) || (!isCommand && SettingNames.IsPlain(name))))
                others.Add(args[i]);
            else if (args[i].Contains('=', StringComparison.Ordinal))
                settings.Add(args[i]);
            else if (i + 1 < args.Count && NameOf(args[i + 1]) is null)
                settings.Add($"--{name}={args[++i]}");
            else
                throw new UsageException($"--{name} has no value. Write --{name}=VALUE.");
        }

        return (settings, others);
    }

    /// <summary>
    /// Reads the settings of a command from the same sources as the service: <c>appsettings.json</c> and
    /// <c>appsettings.{Environment}.json</c> beside the program, the environment, and the arguments.
    /// </summary>
    /// <param name="arguments">The settings that <see cref="Split"/> returned.</param>
    /// <param name="sides">See <see cref="RegistryCommand.Sides"/>.</param>
    /// <exception cref="StartupException">A setting is unknown, or a file cannot be parsed.</exception>
    public static IConfigurationRoot Read(IReadOnlyList<string> arguments, params IReadOnlyList<string> sides)
    {
        var host = new ConfigurationBuilder().AddEnvironmentVariables("DOTNET_")
            .AddEnvironmentVariables("ASPNETCORE_")
            .Build();
        var environment = host[HostDefaults.EnvironmentKey] ?? Environments.Production;
        var configuration = StartupException.OfMalformedFiles(() => new ConfigurationBuilder()
            .SetBasePath(AppContext.BaseDirectory)
            .AddJsonFile("appsettings.json", optional: true)
            .AddJsonFile($"appsettings.{environment}.json", optional: true)
            .AddEnvironmentVariables()
            .AddCommandLine([.. arguments])
            .Build());
        List<string> errors = [.. SettingNames.Errors(configuration, sides)];
        return errors.Count == 0 ? configuration : throw new StartupException(errors);
    }

    /// <summary>Returns the name of an option; null if the argument is not an option.</summary>
    private static string? NameOf(string argument) =>
        argument is ['-', '-', _, ..] ? argument[2..].Split('=', 2)[0] : null;
}
