using Registry.Core.Content;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Registry.Core.Charts;

/// <summary>
/// Reads the mapping of the first document of a YAML file. Files are untrusted: size, depth and the number of values
/// are limited, and aliases, which multiply values, are rejected.
/// </summary>
internal sealed class YamlReader
{
    /// <summary>The maximum size of a file, in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The maximum depth of mappings and lists.</summary>
    public const int MaxDepth = 100;

    /// <summary>The maximum number of values, which bounds their memory.</summary>
    private const int MaxValues = 20_000;

    /// <summary>The nesting of the stream and of the document.</summary>
    private const int OuterDepth = 2;

    private readonly string text;
    private readonly Parser parser;
    private int depth;
    private int values;

    private YamlReader(string text)
    {
        this.text = text;
        parser = new Parser(new StringReader(text));
    }

    /// <summary>Reads the mapping that a file consists of. Of several entries with one key, the last counts.</summary>
    /// <param name="bytes">The file.</param>
    /// <exception cref="ChartFormatException">The file is rejected.</exception>
    public static YamlValue.Mapping Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
            throw new ChartFormatException($"The file is larger than {MaxBytes} bytes.");
        return new YamlReader(YamlText.Decode(bytes)).Document();
    }

    private YamlValue.Mapping Document()
    {
        Take();
        switch (Take())
        {
            case StreamEnd:
                return new YamlValue.Mapping(new Dictionary<string, YamlValue>(StringComparer.Ordinal));
            case DocumentStart { Version.Version: var version } when version is not { Major: 1, Minor: 1 }:
                throw new ChartFormatException("The file is not YAML 1.1.");
        }

        var document = Take();
        if (document is MappingStart)
            return Mapping();
        return document is Scalar scalar && YamlScalar.Resolve(scalar) is YamlValue.Null
            ? new YamlValue.Mapping(new Dictionary<string, YamlValue>(StringComparer.Ordinal))
            : throw new ChartFormatException("The file is not a mapping of names to values.");
    }

    private YamlValue.Mapping Mapping()
    {
        var entries = new SortedDictionary<string, YamlValue>(Utf8Order.Instance);
        while (Take() is var key and not MappingEnd)
        {
            if (key is not Scalar scalar)
                throw new ChartFormatException($"The key on line {key.Start.Line} is not text.");
            var name = YamlScalar.ResolveKey(scalar);
            entries[name] = Value(Take());
        }

        return new YamlValue.Mapping(entries);
    }

    private YamlValue Value(ParsingEvent first)
    {
        if (++values > MaxValues)
            throw new ChartFormatException($"The file contains more than {MaxValues} values.");
        return first switch
        {
            Scalar scalar => YamlScalar.Resolve(scalar),
            SequenceStart => Sequence(),
            _ => Mapping(),
        };
    }

    private YamlValue.Sequence Sequence()
    {
        var items = new List<YamlValue>();
        while (Take() is var item and not SequenceEnd)
            items.Add(Value(item));
        return new YamlValue.Sequence(items);
    }

    private ParsingEvent Take()
    {
        if (!TryAdvance() || parser.Current is not { } taken)
            throw new ChartFormatException("The file ends within a value.");
        if (taken is AnchorAlias)
            throw new ChartFormatException(
                $"Line {taken.Start.Line} uses a YAML alias, which this registry does not support.");
        if (taken is Scalar scalar)
            YamlScalar.RequireValid(scalar, text.AsSpan()[(int)scalar.Start.Index..(int)scalar.End.Index]);
        depth += taken.NestingIncrease;
        return depth <= MaxDepth + OuterDepth
            ? taken
            : throw new ChartFormatException($"The file nests values more than {MaxDepth} levels deep.");
    }

    private bool TryAdvance()
    {
        try
        {
            return parser.MoveNext();
        }
        catch (YamlException exception)
        {
            throw new ChartFormatException($"Line {exception.Start.Line} is not valid YAML.");
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            // The parser fails in these ways for some invalid files.
            throw new ChartFormatException("The file is not valid YAML.");
        }
    }
}
