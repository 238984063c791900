namespace Registry.Core.Content;

/// <summary>A record of a pax header: <c>LENGTH KEY=VALUE</c> and a line feed.</summary>
internal readonly ref struct PaxRecord
{
    private PaxRecord(ReadOnlySpan<byte> whole, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Whole = whole;
        Key = key;
        Value = value;
    }

    /// <summary>The whole record.</summary>
    public ReadOnlySpan<byte> Whole { get; }

    /// <summary>The key.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>The value.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Removes the first of some records; false when it is malformed or there is none.</summary>
    public static bool TryTake(scoped ref ReadOnlySpan<byte> records, out PaxRecord record)
    {
        record = default;
        var length = 0;
        var digits = 0;
        while (digits < records.Length && records[digits] is >= (byte)'0' and <= (byte)'9' && length <= records.Length)
            length = (length * 10) + records[digits++] - '0';
        if (digits == 0 || length > records.Length || length < digits + 2 || records[digits] != ' ')
            return false;
        var whole = records[..length];
        var text = whole[(digits + 1)..];
        var equals = text.IndexOf((byte)'=');
        if (equals <= 0 || text[^1] != '\n')
            return false;
        record = new PaxRecord(whole, text[..equals], text[(equals + 1)..^1]);
        records = records[length..];
        return true;
    }

    /// <summary>Returns the value of the last record with a key; empty when there is none.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> records, ReadOnlySpan<byte> key)
    {
        ReadOnlySpan<byte> value = default;
        while (TryTake(ref records, out var record))
            if (record.Key.SequenceEqual(key))
                value = record.Value;
        return value;
    }

    /// <summary>Appends a record.</summary>
    public static void Write(PooledBytes records, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        // The length counts its own digits.
        var rest = key.Length + value.Length + 3;
        var length = rest + 1;
        while (length != rest + Digits(length))
            length = rest + Digits(length);
        var record = records.GetSpan(length)[..length];
        length.TryFormat(record, out var at, default, System.Globalization.CultureInfo.InvariantCulture);
        record[at++] = (byte)' ';
        key.CopyTo(record[at..]);
        at += key.Length;
        record[at++] = (byte)'=';
        value.CopyTo(record[at..]);
        record[^1] = (byte)'\n';
        records.Advance(length);
    }

    private static int Digits(int number) => number < 10 ? 1 : 1 + Digits(number / 10);
}
