using System.Text;

namespace Registry.Core.Packages;

/// <summary>
/// The metadata of a release: a JSON value, verbatim. A <see cref="ReleaseMetadataReader"/> reads it.
/// </summary>
/// <remarks>
/// The metadata of a compressed index stays compressed, and only its offset is stored: memory does not grow with the
/// uncompressed size of an index.
/// </remarks>
public sealed class Metadata : IEquatable<Metadata>
{
    private Metadata(ReadOnlyMemory<byte> own, PackedJson? packed, long start, int length) =>
        (Own, Packed, Start, Length) = (own, packed, start, length);

    /// <summary>The length of the JSON, in bytes of UTF-8.</summary>
    public int Length { get; }

    /// <summary>The JSON; empty when it is in <see cref="Packed"/>.</summary>
    internal ReadOnlyMemory<byte> Own { get; }

    /// <summary>The compressed index that contains the JSON; null when this object contains it.</summary>
    internal PackedJson? Packed { get; }

    /// <summary>The offset of the JSON in the uncompressed index.</summary>
    internal long Start { get; }

    /// <summary>Creates metadata from a push.</summary>
    /// <param name="json">Valid JSON.</param>
    public static Metadata Of(string json) => Of(Encoding.UTF8.GetBytes(json));

    /// <param name="json">Valid JSON in UTF-8, which is not modified any more.</param>
    internal static Metadata Of(byte[] json) => new(json, null, 0, json.Length);

    /// <summary>Creates metadata within a compressed index.</summary>
    internal static Metadata Of(PackedJson packed, long start, int length) => new(default, packed, start, length);

    /// <summary>Compares the JSON byte by byte.</summary>
    public bool Equals(Metadata? other)
    {
        if (ReferenceEquals(this, other))
            return true;
        if (other?.Length != Length)
            return false;
        using var left = new ReleaseMetadataReader();
        using var right = new ReleaseMetadataReader();
        return left.Read(this)!.Utf8.Span.SequenceEqual(right.Read(other)!.Utf8.Span);
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Metadata);

    /// <inheritdoc/>
    public override int GetHashCode() => Length;

    /// <summary>The JSON as text.</summary>
    public override string ToString()
    {
        using var reader = new ReleaseMetadataReader();
        return Encoding.UTF8.GetString(reader.Read(this)!.Utf8.Span);
    }
}
