using System.Text;

namespace Registry.Core.Packages;

/// <summary>The metadata of a release: a JSON value, verbatim. A <see cref="MetadataReader"/> reads it.</summary>
/// <remarks>
/// The metadata of a compressed index stay in its stored form, and only their place is known: memory does not grow with
/// what an index unpacks to.
/// </remarks>
public sealed class Metadata : IEquatable<Metadata>
{
    private Metadata(ReadOnlyMemory<byte> own, PackedJson? packed, long start, int length) =>
        (Own, Packed, Start, Length) = (own, packed, start, length);

    /// <summary>The length of the JSON, in bytes of UTF-8.</summary>
    public int Length { get; }

    /// <summary>The JSON; empty where it lies in <see cref="Packed"/>.</summary>
    internal ReadOnlyMemory<byte> Own { get; }

    /// <summary>The index that holds the JSON; null where this object does.</summary>
    internal PackedJson? Packed { get; }

    /// <summary>Where the JSON begins in the unpacked index.</summary>
    internal long Start { get; }

    /// <summary>Metadata as they were pushed.</summary>
    /// <param name="json">Valid JSON.</param>
    public static Metadata Of(string json) => Of(Encoding.UTF8.GetBytes(json));

    /// <param name="json">Valid JSON in UTF-8, which nobody changes any more.</param>
    internal static Metadata Of(byte[] json) => new(json, null, 0, json.Length);

    /// <summary>Metadata within a compressed index.</summary>
    internal static Metadata Of(PackedJson packed, long start, int length) => new(default, packed, start, length);

    /// <summary>Whether the JSON is the same, byte for byte.</summary>
    public bool Equals(Metadata? other)
    {
        if (ReferenceEquals(this, other))
            return true;
        if (other?.Length != Length)
            return false;
        using var left = new MetadataReader();
        using var right = new MetadataReader();
        return left.Read(this)!.Utf8.Span.SequenceEqual(right.Read(other)!.Utf8.Span);
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Metadata);

    /// <inheritdoc/>
    public override int GetHashCode() => Length;

    /// <summary>The JSON as text.</summary>
    public override string ToString()
    {
        using var reader = new MetadataReader();
        return Encoding.UTF8.GetString(reader.Read(this)!.Utf8.Span);
    }
}
