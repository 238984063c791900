using Registry.Api.Hosting;

namespace Registry.Api.Commands;

/// <summary>The settings among the arguments of the program: <c>--Section:Name=value</c>.</summary>
internal static class CommandSettings
{
    /// <summary>
    /// Takes the settings out of the arguments. The parser of commands would split their names at the first colon.
    /// </summary>
    /// <param name="args">The arguments of the program.</param>
    /// <returns>The settings, as <c>--name=value</c>, and everything else.</returns>
    /// <exception cref="UsageException">A setting has no value.</exception>
    public static (IReadOnlyList<string> Settings, IReadOnlyList<string> Others) Split(IReadOnlyList<string> args)
    {
        List<string> settings = [];
        List<string> others = [];

        // Settings without a section are options of the service; a command has options of its own.
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
    /// The settings of a command, from where the service reads them: <c>appsettings.json</c> and
    /// <c>appsettings.{Environment}.json</c> beside the program, the environment, and the arguments.
    /// </summary>
    /// <param name="arguments">Settings among the arguments, as <see cref="Split"/> gives them.</param>
    /// <param name="sides">See <see cref="RegistryCommand.Sides"/>.</param>
    /// <exception cref="StartupException">
    /// There are settings that are not known, or a file cannot be parsed.
    /// </exception>
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

    /// <summary>The name of an option; null for what is none.</summary>
    private static string? NameOf(string argument) =>
        argument is ['-', '-', _, ..] ? argument[2..].Split('=', 2)[0] : null;
}
