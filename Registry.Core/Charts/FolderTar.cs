using System.Text;
using Registry.Core.Content;

namespace Registry.Core.Charts;

/// <summary>
/// Rewrites a tar with all entries in a folder: their paths and the targets of hard links change, everything else
/// stays. The same entries give the same bytes. Memory does not grow with the tar.
/// </summary>
internal sealed class FolderTar : ITarObserver, IDisposable
{
    private const int NameBytes = 100;
    private const int ModeOffset = 100;
    private const int OwnerOffset = 108;
    private const int GroupOffset = 116;
    private const int NumberBytes = 8;
    private const int SizeOffset = 124;
    private const int TimeOffset = 136;
    private const int LongNumberBytes = 12;
    private const int TypeOffset = 156;
    private const int LinkOffset = 157;
    private const int MagicOffset = 257;
    private const int PrefixOffset = 345;
    private const int PrefixBytes = 155;
    private const int FileMode = 0x1A4;

    private static readonly byte[] Zeros = new byte[2 * TarHeader.BlockBytes];

    private readonly byte[] folder;
    private readonly Action<ReadOnlySpan<byte>> write;
    private readonly byte[] block = new byte[TarHeader.BlockBytes];
    private readonly TarExtensions extensions = new();
    private bool inExtension;
    private int padding;

    /// <summary>Creates a writer, which the caller disposes.</summary>
    /// <param name="folder">The name of the folder.</param>
    /// <param name="write">Receives the bytes of the new tar.</param>
    public FolderTar(string folder, Action<ReadOnlySpan<byte>> write)
    {
        this.folder = Encoding.UTF8.GetBytes($"{folder}/");
        this.write = write;
    }

    /// <summary>Why the tar cannot be written, as a sentence; null while it can.</summary>
    public string? Refusal { get; private set; }

    /// <inheritdoc/>
    public bool Begin(TarHeader header, ReadOnlySpan<byte> block)
    {
        EndData();
        inExtension = header.ExtendsNext;
        if (inExtension)
            return extensions.Begin(header);
        block.CopyTo(this.block);
        if (!header.IsExtension)
        {
            if (!TryMove(header))
                return false;
            extensions.Clear();
        }

        write(this.block);
        BeginData(header);
        return true;
    }

    /// <inheritdoc/>
    public bool Continue(ReadOnlySpan<byte> block)
    {
        write(block);
        return true;
    }

    /// <inheritdoc/>
    public void Data(ReadOnlySpan<byte> bytes)
    {
        if (inExtension)
            extensions.Data(bytes);
        else
            write(bytes);
    }

    /// <summary>Ends the tar.</summary>
    public void End()
    {
        EndData();
        write(Zeros);
    }

    /// <inheritdoc/>
    public void Dispose() => extensions.Dispose();

    private void BeginData(TarHeader header) => padding = (int)(header.PaddedBytes - header.DataBytes);

    private void EndData()
    {
        if (padding > 0)
            write(Zeros.AsSpan(0, padding));
        padding = 0;
    }

    /// <summary>Writes the extensions of an entry and changes its header, so that it is in the folder.</summary>
    private bool TryMove(TarHeader header)
    {
        if (extensions.IsTooLarge)
            return Refuse($"The archive has a header of more than {TarExtensions.MaxBytes} bytes.");
        var path = Move(extensions.PathOf(block));
        var link = header.IsHardLink ? Move(extensions.LinkOf(block)) : extensions.LinkOf(block).ToArray();
        var isGnu = TarExtensions.IsGnu(block);
        using (var records = new PooledBytes(TarHeader.BlockBytes))
        {
            if (!TryCopyRecords(records))
                return Refuse("The archive has a pax header that is damaged.");
            CopyRecord(records, "path"u8, path, isGnu);
            CopyRecord(records, "linkpath"u8, link, isGnu);
            if (records.WrittenCount > 0)
                WriteExtension((byte)'x', "PaxHeader"u8, "ustar\000"u8, records.WrittenMemory.Span);
        }

        if (link.Length > NameBytes && isGnu)
            WriteExtension((byte)'K', "././@LongLink"u8, "ustar  \0"u8, [.. link, 0]);
        if (path.Length > NameBytes && isGnu)
            WriteExtension((byte)'L', "././@LongLink"u8, "ustar  \0"u8, [.. path, 0]);
        WriteName(block.AsSpan(0, NameBytes), path);
        WriteName(block.AsSpan(LinkOffset, NameBytes), link);
        if (block.AsSpan(MagicOffset).StartsWith("ustar\0"u8))
            block.AsSpan(PrefixOffset, PrefixBytes).Clear();
        TarHeader.WriteChecksum(block);
        return true;
    }

    private bool Refuse(string reason)
    {
        Refusal ??= reason;
        return false;
    }

    /// <summary>
    /// Moves a path into the folder. It becomes relative, and backslashes become slashes, as Helm reads them.
    /// </summary>
    private byte[] Move(ReadOnlySpan<byte> path)
    {
        var relative = path.ToArray();
        relative.AsSpan().Replace((byte)'\\', (byte)'/');
        var start = 0;
        while (relative.AsSpan(start) is [(byte)'/', ..] or [(byte)'.', (byte)'/', ..])
            start += relative[start] == '/' ? 1 : 2;
        return [.. folder, .. relative.AsSpan(start)];
    }

    /// <summary>
    /// Copies the records of the pax header except path and target, which are written separately. The name of a sparse
    /// file in pax format is moved into the folder.
    /// </summary>
    private bool TryCopyRecords(PooledBytes records)
    {
        var rest = extensions.Pax;
        while (PaxRecord.TryTake(ref rest, out var record))
        {
            if (record.Key.SequenceEqual("GNU.sparse.name"u8))
            {
                PaxRecord.Write(records, record.Key, Move(record.Value));
            }
            else if (!record.Key.SequenceEqual("path"u8) && !record.Key.SequenceEqual("linkpath"u8))
            {
                record.Whole.CopyTo(records.GetSpan(record.Whole.Length));
                records.Advance(record.Whole.Length);
            }
        }

        return rest.IsEmpty;
    }

    /// <summary>Writes a record if the pax header had it, or if the value is too long for the header.</summary>
    private void CopyRecord(PooledBytes records, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isGnu)
    {
        if ((value.Length > NameBytes && !isGnu) || !PaxRecord.Find(extensions.Pax, key).IsEmpty)
            PaxRecord.Write(records, key, value);
    }

    private void WriteExtension(
        byte type, ReadOnlySpan<byte> name, ReadOnlySpan<byte> magic, ReadOnlySpan<byte> data)
    {
        Span<byte> header = stackalloc byte[TarHeader.BlockBytes];
        header.Clear();
        name.CopyTo(header);
        TarHeader.WriteOctal(header.Slice(ModeOffset, NumberBytes), FileMode);
        TarHeader.WriteOctal(header.Slice(OwnerOffset, NumberBytes), 0);
        TarHeader.WriteOctal(header.Slice(GroupOffset, NumberBytes), 0);
        TarHeader.WriteOctal(header.Slice(SizeOffset, LongNumberBytes), data.Length);
        TarHeader.WriteOctal(header.Slice(TimeOffset, LongNumberBytes), 0);
        header[TypeOffset] = type;
        magic.CopyTo(header[MagicOffset..]);
        TarHeader.WriteChecksum(header);
        write(header);
        write(data);
        BeginData(new TarHeader(type, data.Length));
        EndData();
    }

    /// <summary>
    /// Writes a name into a field of the header. A name that is too long is truncated; its extension contains the whole
    /// name.
    /// </summary>
    private static void WriteName(Span<byte> field, ReadOnlySpan<byte> name)
    {
        field.Clear();
        name[..Math.Min(name.Length, field.Length)].CopyTo(field);
    }
}
