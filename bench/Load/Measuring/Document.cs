namespace Registry.Bench.Load.Measuring;

/// <summary>The document that holds the tables of one run, and prose by hand round them.</summary>
internal static class Document
{
    private const string Begin = "<!-- The run's tables: bench/run.sh replaces them. -->";
    private const string End = "<!-- The end of the run's tables. -->";

    /// <summary>Replaces the tables, and nothing else; a document that is not there is begun.</summary>
    public static async Task ReplaceAsync(string path, string tables, CancellationToken cancellationToken)
    {
        var text = File.Exists(path)
            ? await File.ReadAllTextAsync(path, cancellationToken)
            : $"# Performance\n\n{Begin}\n{End}\n";
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        if (from < 0 || to < from)
            throw new InvalidOperationException(
                $"{path} has no place for the tables: it lies between '{Begin}' and '{End}'.");
        await File.WriteAllTextAsync(path, $"{text[..from]}{Begin}\n\n{tables}\n{text[to..]}", cancellationToken);
    }
}
