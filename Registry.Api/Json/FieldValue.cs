namespace Registry.Api.Json;

/// <summary>The value of a member of a JSON object, or of a field of a form.</summary>
/// <param name="Kind">The kind of value.</param>
/// <param name="Text">The text of <see cref="FieldKind.Text"/>; null for all other kinds.</param>
internal readonly record struct FieldValue(FieldKind Kind, string? Text)
{
    private const int MaxTextBytes = 1024;
    private const int ShownCharacters = 128;

    /// <summary>Creates a buffer for a text.</summary>
    public static BoundedBytes NewText() => new(MaxTextBytes);

    /// <summary>
    /// Creates a value from a text. A text that is too long for any name or version is truncated with an ellipsis,
    /// which makes it invalid: validation then rejects it with a message of reasonable length.
    /// </summary>
    /// <param name="text">The collected text.</param>
    /// <param name="isText">Whether the text is valid Unicode.</param>
    public static FieldValue OfText(BoundedBytes text, bool isText)
    {
        if (!isText || text.ToText() is not { } value)
            return new FieldValue(FieldKind.Other, null);
        if (text.Overflowed)
            value = string.Concat(value.AsSpan(0, Math.Min(ShownCharacters, value.Length)), "…");
        return new FieldValue(FieldKind.Text, value);
    }
}

/// <summary>The kinds of <see cref="FieldValue"/>.</summary>
internal enum FieldKind
{
    /// <summary>The field does not exist.</summary>
    Absent,

    /// <summary>The JSON value <c>null</c>.</summary>
    Null,

    /// <summary>The JSON value <c>true</c>.</summary>
    True,

    /// <summary>A string, or a field of a form.</summary>
    Text,

    /// <summary>Any other value.</summary>
    Other,
}
