using System.Globalization;
using System.Text.RegularExpressions;

namespace Registry.Bench.Load;

/// <summary>The command-line options of a run.</summary>
internal sealed class Options
{
    public const string Help = """
        Usage: bench/run.sh [option]...

        Fills registries, runs every case alternately against them, nginx and a bare ASP.NET Core application,
        and prints the ratios.
        A run of all cases takes about half an hour and writes its tables to Documentation/performance.md. A run of
        all groups of CNR, or of all groups of OCI and Helm, writes theirs; other runs only print their tables.

          --cases a,b      run only these groups of cases (below)
          --rounds n       rounds per comparison; the result is the median (default 5)
          --seconds n      duration of one side of a round, in whole seconds (default 2)
          --mixed n        duration of the mixed load, in seconds (default 60; 600 for the ten-minute target)
          --quick          one round of a second with less data: tests the benchmark, not performance. Takes a minute
          --against dir    folder with the assemblies of an earlier version, for the group 'versions' (default: skip it)
          --scratch dir    parent of the temporary folder, which holds all data (default /tmp)
          --output file    document whose tables are replaced, even if only some groups are run
          --help           show this help

        Groups:
        """;

    private Options()
    {
    }

    public IReadOnlyList<string> Groups { get; private set; } = [];

    public int Rounds { get; private set; } = 5;

    public int Seconds { get; private set; } = 2;

    public int MixedSeconds { get; private set; } = 60;

    public bool Quick { get; private set; }

    public string Scratch { get; private set; } = Path.GetTempPath();

    /// <summary>The folder of an earlier version; null for none.</summary>
    public string? Against { get; private set; }

    /// <summary>The document to write; null for none.</summary>
    public string? Output { get; private set; }

    /// <summary>
    /// Whether to write tables even if groups of the block were not run: true if the document was given explicitly.
    /// </summary>
    public bool WritesPartly { get; private set; }

    /// <summary>The commit of the sources, from run.sh.</summary>
    public string Commit { get; private set; } = "unknown";

    public TimeSpan Round => TimeSpan.FromSeconds(Seconds);

    /// <summary>
    /// The number of warm-up rounds: it takes this long until the runtime has fully optimized the hot code.
    /// </summary>
    public int WarmUps => Quick ? 1 : 3;

    /// <summary>Reads the command line; returns null for --help.</summary>
    /// <exception cref="FormatException">The command line is invalid.</exception>
    public static Options? Read(IReadOnlyList<string> args, IReadOnlyList<string> known, string document)
    {
        var options = new Options { Groups = known };
        for (var i = 0; i < args.Count; i++)
            if (args[i] is "--help" or "-h")
                return null;
            else if (args[i] == "--quick")
                (options.Quick, options.Rounds, options.Seconds, options.MixedSeconds) = (true, 1, 1, 3);
            else if (i + 1 == args.Count)
                throw new FormatException($"Unknown option '{args[i]}', or its value is missing.");
            else
                options.Set(args[i], args[++i], known);
        options.WritesPartly = options.Output is not null;
        if (!options.Quick)
            options.Output ??= document;
        return options;
    }

    /// <summary>Returns the size for a full or a quick run.</summary>
    public int Size(int full, int quick) => Quick ? quick : full;

    private void Set(string name, string value, IReadOnlyList<string> known)
    {
        switch (name)
        {
            case "--cases":
                var wanted = value.Split(',', StringSplitOptions.RemoveEmptyEntries);
                Groups = [.. known.Where(group => wanted.Any(prefix => Group(prefix).IsMatch(group)))];
                if (wanted.FirstOrDefault(prefix => !known.Any(Group(prefix).IsMatch)) is { } unknown)
                    throw new FormatException($"Unknown group '{unknown}'.");
                break;
            case "--rounds":
                Rounds = Number(name, value);
                break;
            case "--seconds":
                Seconds = Number(name, value);
                break;
            case "--mixed":
                MixedSeconds = Number(name, value);
                break;
            case "--scratch":
                Scratch = Path.GetFullPath(value);
                break;
            case "--against":
                Against = Path.GetFullPath(value);
                if (!File.Exists(Path.Combine(Against, "Registry.Api.dll")))
                    throw new FormatException($"--against is '{value}'; expected a folder with Registry.Api.dll.");
                break;
            case "--output":
                Output = Path.GetFullPath(value);
                break;
            case "--commit":
                Commit = value;
                break;
            default:
                throw new FormatException($"Unknown option '{name}'.");
        }
    }

    /// <summary>
    /// Returns a pattern that matches a group by its full name or by the part before the first hyphen.
    /// </summary>
    private static Regex Group(string text) => new($"^{Regex.Escape(text)}(-|$)");

    private static int Number(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new FormatException($"{name} is '{value}'; expected a whole number above 0.");
}
