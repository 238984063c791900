using Registry.Core.Content;

namespace Registry.Core.Charts;

/// <summary>
/// Writes the JSON that Helm writes for a chart. It is valid YAML too, because some clients read indexes with a YAML
/// parser.
/// </summary>
/// <param name="maxBytes">The maximum size, in bytes.</param>
internal sealed class ChartJson(int maxBytes) : GoJsonWriter(isYaml: true)
{
    /// <summary>The maximum length of a name with its quotes: YAML parsers look 1,024 characters ahead.</summary>
    private const int MaxNameBytes = 1000;

    /// <inheritdoc/>
    /// <exception cref="ChartFormatException">It is too long.</exception>
    public override GoJsonWriter Name(string name)
    {
        Separate();
        var before = WrittenCount;
        base.Name(name);
        return WrittenCount - before <= MaxNameBytes + ":".Length
            ? this
            : throw new ChartFormatException($"A key is longer than {MaxNameBytes} bytes.");
    }

    /// <inheritdoc/>
    /// <exception cref="ChartFormatException">The JSON is too large.</exception>
    public override GoJsonWriter Text(string text)
    {
        Limit(text.Length);
        base.Text(text);
        Limit(0);
        return this;
    }

    /// <summary>Writes a field, unless it is empty.</summary>
    public void Field(string name, string text)
    {
        if (text.Length > 0)
            Name(name).Text(text);
    }

    /// <summary>Writes a field, unless it is false.</summary>
    public void Field(string name, bool value)
    {
        if (value)
            Name(name).Literal("true");
    }

    /// <summary>Writes a field with a list of texts, unless it is empty.</summary>
    public void Field(string name, IEnumerable<string> texts) =>
        Field(name, [.. texts], static (json, text) => json.Text(text));

    /// <summary>Writes a field with a list, unless it is empty.</summary>
    public void Field<T>(string name, IReadOnlyList<T> items, Action<ChartJson, T> write)
    {
        if (items.Count == 0)
            return;
        Name(name).BeginArray();
        foreach (var item in items)
            write(this, item);
        EndArray();
    }

    private void Limit(int more)
    {
        if (WrittenCount + more > maxBytes)
            throw new ChartFormatException($"The metadata is larger than {maxBytes} bytes of JSON.");
    }
}
