namespace Registry.Core.Content;

/// <summary>
/// The headers that extend the next entry of a tar: a GNU long name, a GNU long link and a pax header. The last of each
/// kind counts. Memory is bounded by <see cref="MaxBytes"/> for each kind.
/// </summary>
internal sealed class TarExtensions : IDisposable
{
    /// <summary>
    /// The maximum size of an extension that is read, in bytes. Names, times and attributes of files take far less.
    /// </summary>
    public const int MaxBytes = 64 << 10;

    private const int NameBytes = 100;
    private const int LinkOffset = 157;
    private const int MagicOffset = 257;
    private const int PrefixOffset = 345;
    private const int PrefixBytes = 155;
    private const int InitialBytes = 512;

    private PooledBytes? name;
    private PooledBytes? link;
    private PooledBytes? pax;
    private PooledBytes? current;

    /// <summary>
    /// Whether an extension exceeds <see cref="MaxBytes"/>, so that the path of the entry is unknown.
    /// </summary>
    public bool IsTooLarge { get; private set; }

    /// <summary>The records of the pax header; empty when there is none.</summary>
    public ReadOnlySpan<byte> Pax => pax is null ? default : pax.WrittenMemory.Span;

    /// <summary>Whether the magic of a header is that of GNU tar, whose headers have no prefix field.</summary>
    public static bool IsGnu(ReadOnlySpan<byte> block) => block[MagicOffset..].StartsWith("ustar "u8);

    /// <summary>Begins an extension.</summary>
    /// <returns>Whether its data is needed.</returns>
    public bool Begin(TarHeader header)
    {
        if (header.DataBytes > MaxBytes)
        {
            IsTooLarge = true;
            return false;
        }

        current = header.TypeFlag switch
        {
            (byte)'L' => name ??= new PooledBytes(InitialBytes),
            (byte)'K' => link ??= new PooledBytes(InitialBytes),
            _ => pax ??= new PooledBytes(InitialBytes),
        };
        current.ResetWrittenCount();
        return true;
    }

    /// <summary>Receives data of the current extension.</summary>
    public void Data(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(current!.GetSpan(bytes.Length));
        current.Advance(bytes.Length);
    }

    /// <summary>Forgets the extensions, after the entry that they extend.</summary>
    public void Clear()
    {
        IsTooLarge = false;
        name?.ResetWrittenCount();
        link?.ResetWrittenCount();
        pax?.ResetWrittenCount();
    }

    /// <summary>
    /// Returns the path of the entry with a header block, as tar programs read it. Valid as long as the block, and
    /// until the next extension.
    /// </summary>
    public ReadOnlySpan<byte> PathOf(ReadOnlySpan<byte> block)
    {
        if (Text(name) is { IsEmpty: false } longName)
            return longName;
        if (PaxRecord.Find(Pax, "path"u8) is { IsEmpty: false } path)
            return path;
        var shortName = UpToNul(block[..NameBytes]);
        var prefix = block[MagicOffset..].StartsWith("ustar\0"u8)
            ? UpToNul(block.Slice(PrefixOffset, PrefixBytes))
            : default;
        return prefix.IsEmpty ? shortName : (byte[])[.. prefix, (byte)'/', .. shortName];
    }

    /// <summary>Returns the target of the link with a header block. Valid as the path is.</summary>
    public ReadOnlySpan<byte> LinkOf(ReadOnlySpan<byte> block) =>
        Text(link) is { IsEmpty: false } longLink ? longLink
        : PaxRecord.Find(Pax, "linkpath"u8) is { IsEmpty: false } path ? path
        : UpToNul(block.Slice(LinkOffset, NameBytes));

    /// <inheritdoc/>
    public void Dispose()
    {
        name?.Dispose();
        link?.Dispose();
        pax?.Dispose();
    }

    private static ReadOnlySpan<byte> Text(PooledBytes? bytes) =>
        bytes is null ? default : UpToNul(bytes.WrittenMemory.Span);

    private static ReadOnlySpan<byte> UpToNul(ReadOnlySpan<byte> field) =>
        field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field;
}
