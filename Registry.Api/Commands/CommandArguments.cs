namespace Registry.Api.Commands;

/// <summary>What follows a command's name, read strictly: a slip of the pen must not become a default.</summary>
internal sealed class CommandArguments
{
    private readonly HashSet<string> switches = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> options = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string?> settings = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> operands = [];

    private CommandArguments()
    {
    }

    /// <summary>What was told by its place: as many as the syntax names.</summary>
    public IReadOnlyList<string> Operands => operands;

    /// <summary>Whether a switch was given.</summary>
    public bool Has(string name) => switches.Contains(name);

    /// <summary>The value of an option; null where it was not given.</summary>
    public string? Find(string name) => options.GetValueOrDefault(name);

    /// <summary>Reads arguments. What has a colon in its name is a setting of the registry, as <c>--Section:Name=value</c> or <c>--Section:Name value</c>.</summary>
    /// <exception cref="UsageException">One that is not known, one twice, or one that lacks its value.</exception>
    public static CommandArguments Parse(CommandSyntax syntax, IReadOnlyList<string> words)
    {
        var arguments = new CommandArguments();
        for (var at = 0; at < words.Count; at++)
        {
            var word = words[at];
            // A hyphen alone is a file: standard input or output.
            if (!word.StartsWith('-') || word == "-")
            {
                arguments.operands.Add(word);
                continue;
            }

            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? word : word[..equals];
            if (syntax.Switches.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                if (equals >= 0)
                    throw new UsageException($"{name} takes no value.");
                arguments.switches.Add(name);
                continue;
            }

            var isSetting = name.StartsWith("--", StringComparison.Ordinal) && name.Contains(':', StringComparison.Ordinal);
            if (!isSetting && !syntax.Options.Contains(name, StringComparer.OrdinalIgnoreCase))
                throw new UsageException($"{name} is not known here.");
            if (equals < 0 && (++at >= words.Count || words[at].StartsWith("--", StringComparison.Ordinal)))
                throw new UsageException($"{name} lacks its value.");
            var value = equals < 0 ? words[at] : word[(equals + 1)..];
            if (isSetting)
                arguments.settings[name[2..]] = value;
            else if (!arguments.options.TryAdd(name, value))
                throw new UsageException($"{name} is given twice.");
        }

        return arguments.operands.Count == syntax.Operands.Count
            ? arguments
            : throw new UsageException(arguments.operands.Count < syntax.Operands.Count
                ? $"{syntax.Operands[arguments.operands.Count]} is missing."
                : $"'{arguments.operands[syntax.Operands.Count]}' is not known here.");
    }

    /// <summary>The settings of the registry from where the service reads them: <c>appsettings.json</c> beside the program, the environment, and these arguments.</summary>
    public IConfigurationRoot ToConfiguration() => new ConfigurationBuilder()
        .SetBasePath(AppContext.BaseDirectory)
        .AddJsonFile("appsettings.json", optional: true)
        .AddEnvironmentVariables()
        .AddInMemoryCollection(settings)
        .Build();
}
