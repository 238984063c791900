namespace Registry.Api.Json;

/// <summary>The value of a member of an object, or of a field of a form, as far as callers need it.</summary>
/// <param name="Kind">What kind of value.</param>
/// <param name="Text">The text of <see cref="FieldKind.Text"/>; null for every other kind.</param>
internal readonly record struct FieldValue(FieldKind Kind, string? Text)
{
    private const int MaxTextBytes = 1024;
    private const int ShownCharacters = 128;

    /// <summary>A place to gather a text.</summary>
    public static BoundedBytes NewText() => new(MaxTextBytes);

    /// <summary>
    /// Takes a text. One that is too long for any name or number of a version is kept as its beginning and an ellipsis,
    /// which is none either: whoever judges its syntax refuses it, with a message of bearable length.
    /// </summary>
    /// <param name="text">What was gathered.</param>
    /// <param name="isText">False when it held what is no Unicode.</param>
    public static FieldValue OfText(BoundedBytes text, bool isText)
    {
        if (!isText || text.ToText() is not { } value)
            return new FieldValue(FieldKind.Other, null);
        if (text.Overflown)
            value = string.Concat(value.AsSpan(0, Math.Min(ShownCharacters, value.Length)), "…");
        return new FieldValue(FieldKind.Text, value);
    }
}

/// <summary>The kinds of <see cref="FieldValue"/>.</summary>
internal enum FieldKind
{
    /// <summary>There is no such field.</summary>
    Absent,

    /// <summary>JSON's null.</summary>
    Null,

    /// <summary>JSON's true.</summary>
    True,

    /// <summary>A string, or a field of a form.</summary>
    Text,

    /// <summary>Anything else.</summary>
    Other,
}
