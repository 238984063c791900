namespace Registry.Core.Charts;

/// <summary>A value of a YAML document, typed as Helm's YAML library does.</summary>
internal abstract record YamlValue
{
    /// <summary>What the value is, for messages.</summary>
    public abstract string Kind { get; }

    /// <summary>A text.</summary>
    internal sealed record Text(string Value) : YamlValue
    {
        public override string Kind => "text";
    }

    /// <summary>A whole number of at most 64 bits, with or without a sign.</summary>
    internal sealed record Integer(Int128 Value) : YamlValue
    {
        public override string Kind => "a number";
    }

    /// <summary>Any other number.</summary>
    internal sealed record Float(double Value) : YamlValue
    {
        public override string Kind => "a number";
    }

    /// <summary>True or false.</summary>
    internal sealed record Boolean(bool Value) : YamlValue
    {
        public override string Kind => "a boolean";
    }

    /// <summary>No value.</summary>
    internal sealed record Null : YamlValue
    {
        public override string Kind => "null";
    }

    /// <summary>A list.</summary>
    internal sealed record Sequence(IReadOnlyList<YamlValue> Items) : YamlValue
    {
        public override string Kind => "a list";
    }

    /// <summary>A mapping, in the order of its keys as UTF-8.</summary>
    internal sealed record Mapping(IReadOnlyDictionary<string, YamlValue> Entries) : YamlValue
    {
        public override string Kind => "a mapping";
    }
}
