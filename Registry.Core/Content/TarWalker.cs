namespace Registry.Core.Content;

/// <summary>
/// Checks the structure of a tar as its bytes arrive: each header is valid and each entry is complete. Names are not
/// checked, since nothing is unpacked to files. It needs the memory of one block, whatever the size of the archive.
/// </summary>
/// <param name="maxEntries">The maximum number of entries, without headers that only extend the next entry.</param>
/// <param name="observer">Receives the headers, and the data that it asks for; null for none.</param>
internal sealed class TarWalker(int maxEntries, ITarObserver? observer = null)
{
    // Old GNU sparse: whether a map of further pieces follows, in the header and in each block of the map.
    private const int SparseFlagInHeader = 482;
    private const int SparseFlagInMap = 504;

    private readonly byte[] block = new byte[TarHeader.BlockBytes];
    private int filled;
    private long position;
    private long toSkip;

    /// <summary>The part of <see cref="toSkip"/> that is not padding and that the observer has asked for.</summary>
    private long observed;

    private TarHeader sparse;
    private bool inSparseMap;
    private bool extended;
    private bool ended;
    private int entries;

    /// <summary>Checks the next bytes.</summary>
    /// <returns>Why the archive is rejected, as a sentence; null while it is valid.</returns>
    public string? Feed(ReadOnlySpan<byte> bytes)
    {
        // What follows the end marker is padding for every tar reader.
        while (!bytes.IsEmpty && !ended)
        {
            int taken;
            if (toSkip > 0)
            {
                taken = (int)Math.Min(toSkip, bytes.Length);
                toSkip -= taken;
                if (observed > 0)
                    Observe(bytes[..(int)Math.Min(observed, taken)]);
            }
            else
            {
                taken = Math.Min(block.Length - filled, bytes.Length);
                bytes[..taken].CopyTo(block.AsSpan(filled));
                filled += taken;
            }

            position += taken;
            bytes = bytes[taken..];
            if (filled < block.Length)
                continue;
            filled = 0;
            if ((inSparseMap ? ReadSparseMap() : ReadHeader()) is { } refusal)
                return refusal;
        }

        return null;
    }

    /// <summary>
    /// Checks that the archive is complete. It may lack the end marker, which some writers omit, but must end between
    /// two entries.
    /// </summary>
    /// <returns>Why the archive is rejected; null when it is complete.</returns>
    public string? End()
    {
        if (position == 0)
            return "The gzip file is empty; expected a tar archive.";
        if (ended || (filled == 0 && toSkip == 0 && !inSparseMap && !extended))
            return null;
        return entries == 0 && position < TarHeader.BlockBytes
            ? "The gzip file does not contain a tar archive."
            : "The tar archive in the gzip file is truncated.";
    }

    private string? ReadHeader()
    {
        if (!block.AsSpan().ContainsAnyExcept((byte)0))
        {
            ended = true;
            return extended ? "The tar archive in the gzip file is truncated." : null;
        }

        if (!TarHeader.TryParse(block, out var header))
            return position == TarHeader.BlockBytes
                ? "The gzip file does not contain a tar archive."
                : "The tar archive in the gzip file is damaged: there is no header at byte "
                    + $"{position - TarHeader.BlockBytes}.";
        extended = header.ExtendsNext;
        if (!header.IsExtension && ++entries > maxEntries)
            return $"The package contains more than {maxEntries} entries, the limit of this registry.";
        if (header.IsOldSparse && block[SparseFlagInHeader] != 0)
        {
            inSparseMap = true;
            sparse = header;
            observer?.Begin(header, block);
            return null;
        }

        toSkip = header.PaddedBytes;
        observed = observer?.Begin(header, block) == true ? header.DataBytes : 0;
        return null;
    }

    private void Observe(ReadOnlySpan<byte> data)
    {
        observed -= data.Length;
        observer!.Data(data);
    }

    private string? ReadSparseMap()
    {
        inSparseMap = block[SparseFlagInMap] != 0;
        if (observer?.Continue(block) == true && !inSparseMap)
            observed = sparse.DataBytes;
        if (!inSparseMap)
            toSkip = sparse.PaddedBytes;
        return null;
    }
}
