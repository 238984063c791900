namespace Registry.Bench.Load.Measuring;

/// <summary>A document with the tables of a run, surrounded by hand-written text.</summary>
internal static class Document
{
    private const string Begin = "<!-- The run's tables: bench/run.sh replaces them. -->";
    private const string End = "<!-- The end of the run's tables. -->";

    /// <summary>Replaces only the tables; creates the document if it does not exist.</summary>
    public static async Task ReplaceAsync(string path, string tables, CancellationToken cancellationToken)
    {
        var text = File.Exists(path)
            ? await File.ReadAllTextAsync(path, cancellationToken)
            : $"# Performance\n\n{Begin}\n{End}\n";
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        if (from < 0 || to < from)
            throw new InvalidOperationException(
                $"{path} has no place for the tables; expected '{Begin}' followed by '{End}'.");
        await File.WriteAllTextAsync(path, $"{text[..from]}{Begin}\n\n{tables}\n{text[to..]}", cancellationToken);
    }
}
