using System.Globalization;
using System.Text.RegularExpressions;

namespace Registry.Bench.Load;

/// <summary>What a run was asked for.</summary>
internal sealed class Options
{
    public const string Help = """
        Usage: bench/run.sh [option]...

        Fills registries, runs every case against them and, interleaved, against nginx and a bare ASP.NET Core application, and prints the ratios.
        A run of all cases takes about twenty minutes and writes its tables into Documentation/performance.md; any other is printed alone.

          --cases a,b      only these groups of cases (below)
          --rounds n       rounds of each comparison, of which the median counts (5)
          --seconds n      how long one side of a round takes, in whole seconds (2)
          --mixed n        how long the mixed load lasts, in seconds (60; 600 for the mark's ten minutes)
          --quick          one round of a second, with less data: whether the benchmark works, not how fast anything is. A minute
          --scratch dir    where the temporary folder goes, which holds all data (/tmp)
          --output file    the document whose tables are replaced
          --help           this

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

    /// <summary>The document to write; null for none.</summary>
    public string? Output { get; private set; }

    /// <summary>What the sources are, as run.sh found it.</summary>
    public string Commit { get; private set; } = "unknown";

    public TimeSpan Round => TimeSpan.FromSeconds(Seconds);

    /// <summary>
    /// How many rounds come before the first that counts: so long it takes until the runtime has compiled for good what
    /// is hot.
    /// </summary>
    public int WarmUps => Quick ? 1 : 3;

    /// <summary>Reads the command line; null when it asks for help.</summary>
    /// <exception cref="FormatException">It makes no sense.</exception>
    public static Options? Read(IReadOnlyList<string> args, IReadOnlyList<string> known, string document)
    {
        var options = new Options { Groups = known };
        for (var i = 0; i < args.Count; i++)
            if (args[i] is "--help" or "-h")
                return null;
            else if (args[i] == "--quick")
                (options.Quick, options.Rounds, options.Seconds, options.MixedSeconds) = (true, 1, 1, 3);
            else if (i + 1 == args.Count)
                throw new FormatException($"'{args[i]}' is no option, or lacks its value.");
            else
                options.Set(args[i], args[++i], known);
        if (options.Output is null && !options.Quick && options.Groups.Count == known.Count)
            options.Output = document;
        return options;
    }

    /// <summary>A size of a full run, or of a quick one.</summary>
    public int Size(int full, int quick) => Quick ? quick : full;

    private void Set(string name, string value, IReadOnlyList<string> known)
    {
        switch (name)
        {
            case "--cases":
                var wanted = value.Split(',', StringSplitOptions.RemoveEmptyEntries);
                Groups = [.. known.Where(group => wanted.Any(prefix => Group(prefix).IsMatch(group)))];
                if (wanted.FirstOrDefault(prefix => !known.Any(Group(prefix).IsMatch)) is { } unknown)
                    throw new FormatException($"There is no group '{unknown}'.");
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
            case "--output":
                Output = Path.GetFullPath(value);
                break;
            case "--commit":
                Commit = value;
                break;
            default:
                throw new FormatException($"'{name}' is no option.");
        }
    }

    /// <summary>A group goes by its whole name, or by the part before the first hyphen.</summary>
    private static Regex Group(string text) => new($"^{Regex.Escape(text)}(-|$)");

    private static int Number(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new FormatException($"{name} takes a whole number above 0, not '{value}'.");
}
