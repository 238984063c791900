namespace Registry.Bench.Load.Measuring;

/// <summary>A block of tables in the document. All tables of a block come from one run.</summary>
internal enum Block
{
    /// <summary>CNR clients, storage, memory and start.</summary>
    Cnr,

    /// <summary>OCI and Helm clients.</summary>
    OciAndHelm,
}

/// <summary>A document with the tables of runs, surrounded by hand-written text.</summary>
internal static class Document
{
    /// <summary>Replaces only the tables of a block; creates the document if it does not exist.</summary>
    /// <exception cref="InvalidOperationException">The document has no place for them.</exception>
    public static async Task ReplaceAsync(
        string path, Block block, string tables, CancellationToken cancellationToken)
    {
        var (begin, end) = Delimiters(block);
        var text = File.Exists(path)
            ? await File.ReadAllTextAsync(path, cancellationToken)
            : $"# Performance\n\n{Place(Block.Cnr)}\n{Place(Block.OciAndHelm)}";
        var (from, to) = (text.IndexOf(begin, StringComparison.Ordinal), text.IndexOf(end, StringComparison.Ordinal));
        if (from < 0 || to < from)
            throw new InvalidOperationException(
                $"{path} has no place for the tables; expected '{begin}' followed by '{end}'.");
        await File.WriteAllTextAsync(path, $"{text[..from]}{begin}\n\n{tables}\n{text[to..]}", cancellationToken);
    }

    private static string Place(Block block)
    {
        var (begin, end) = Delimiters(block);
        return $"{begin}\n{end}\n";
    }

    private static (string Begin, string End) Delimiters(Block block)
    {
        var name = block == Block.Cnr ? "CNR" : "OCI and Helm";
        return (
            $"<!-- The tables of {name}: bench/run.sh replaces them. -->",
            $"<!-- The end of the tables of {name}. -->");
    }
}
