using System.Buffers.Binary;
using System.IO.Hashing;
using Registry.Core.Content;

namespace Registry.Core.Charts;

/// <summary>
/// Compresses to a gzip whose bytes depend on the input alone: not on the sizes of the pieces, the time, the processor
/// or the version of the runtime, whose own output changes with its compression library. It finds repetitions within 32
/// KiB and uses the fixed codes of deflate (RFC 1951). This is simple, but compresses less.
/// </summary>
internal sealed class FixedGzip : IDisposable
{
    /// <summary>The memory of a compression, in bytes, without its output.</summary>
    public const int MemoryBytes = BufferBytes + (BufferBytes * sizeof(int)) + (HashSize * sizeof(int));

    private const int WindowBytes = 32 << 10;
    private const int BufferBytes = 2 * WindowBytes;
    private const int HashBits = 15;
    private const int HashSize = 1 << HashBits;
    private const int MinMatch = 3;
    private const int MaxMatch = 258;
    private const int MaxCandidates = 16;
    private const int EndOfBlock = 256;
    private const int FirstLength = 257;
    private const int LastLength = 28;
    private const int DistanceBits = 5;
    private const int WordBits = 32;

    private static readonly int[] LengthBases =
    [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ];

    private static readonly int[] DistanceBases =
    [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145, 8193, 12289, 16385, 24577,
    ];

    private readonly PooledBytes output = new(BufferBytes);
    private readonly Crc32 checksum = new();
    private readonly byte[] buffer = new byte[BufferBytes];

    /// <summary>The last position of each hash in the buffer, plus one; zero for none.</summary>
    private readonly int[] heads = new int[HashSize];

    /// <summary>For each position, the one before it with the same hash, in the same form.</summary>
    private readonly int[] previous = new int[BufferBytes];

    private int filled;
    private int compressed;
    private uint length;
    private ulong bits;
    private int bitCount;

    public FixedGzip()
    {
        // No name, no time, no flags, unknown system. Then the one block of the stream: the last, with fixed codes.
        Append([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
        PutBits(0b011, 3);
    }

    /// <summary>The output so far. Valid until the next write.</summary>
    public ReadOnlyMemory<byte> Output => output.WrittenMemory;

    /// <summary>Removes the output so far.</summary>
    public void ClearOutput() => output.ResetWrittenCount();

    /// <summary>Compresses the next bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        checksum.Append(bytes);
        length += (uint)bytes.Length;
        while (!bytes.IsEmpty)
        {
            if (filled == BufferBytes)
                Slide();
            var taken = Math.Min(BufferBytes - filled, bytes.Length);
            bytes[..taken].CopyTo(buffer.AsSpan(filled));
            filled += taken;
            bytes = bytes[taken..];
            if (filled == BufferBytes)
                Compress();
        }
    }

    /// <summary>Ends the gzip.</summary>
    public void End()
    {
        Compress();
        PutSymbol(EndOfBlock);
        PutLastBits();
        Span<byte> trailer = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, checksum.GetCurrentHashAsUInt32());
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], length);
        Append(trailer);
    }

    /// <inheritdoc/>
    public void Dispose() => output.Dispose();

    private static int HashOf(ReadOnlySpan<byte> three) =>
        (int)(((uint)(three[0] | (three[1] << 8) | (three[2] << 16)) * 0x9E3779B1u) >> (32 - HashBits));

    private void Slide()
    {
        buffer.AsSpan(WindowBytes).CopyTo(buffer);
        previous.AsSpan(WindowBytes).CopyTo(previous);
        foreach (ref var position in heads.AsSpan())
            position = Math.Max(position - WindowBytes, 0);
        foreach (ref var position in previous.AsSpan(0, WindowBytes))
            position = Math.Max(position - WindowBytes, 0);
        filled -= WindowBytes;
        compressed -= WindowBytes;
    }

    private void Compress()
    {
        while (compressed < filled)
        {
            var (matched, distance) = FindMatch();
            if (matched < MinMatch)
            {
                PutSymbol(buffer[compressed]);
                Remember();
                continue;
            }

            PutMatch(matched, distance);
            for (var i = 0; i < matched; i++)
                Remember();
        }
    }

    /// <summary>Adds the next position to those of its hash, and advances by one.</summary>
    private void Remember()
    {
        if (compressed + MinMatch <= filled)
        {
            ref var head = ref heads[HashOf(buffer.AsSpan(compressed))];
            previous[compressed] = head;
            head = compressed + 1;
        }

        compressed++;
    }

    private (int Length, int Distance) FindMatch()
    {
        var best = (Length: 0, Distance: 0);
        var rest = buffer.AsSpan(compressed, Math.Min(MaxMatch, filled - compressed));
        if (rest.Length < MinMatch)
            return best;
        var candidate = heads[HashOf(rest)] - 1;
        for (var tried = 0; tried < MaxCandidates && candidate >= 0; tried++)
        {
            if (compressed - candidate > WindowBytes)
                break;
            var common = rest.CommonPrefixLength(buffer.AsSpan(candidate, filled - candidate));
            if (common > best.Length)
                best = (common, compressed - candidate);
            if (common == rest.Length)
                break;
            candidate = previous[candidate] - 1;
        }

        return best;
    }

    private void PutMatch(int matched, int distance)
    {
        var code = IndexOf(LengthBases, matched);
        PutSymbol(FirstLength + code);
        PutBits((uint)(matched - LengthBases[code]), code is < 8 or LastLength ? 0 : (code - 4) / 4);
        code = IndexOf(DistanceBases, distance);
        PutCode((uint)code, DistanceBits);
        PutBits((uint)(distance - DistanceBases[code]), code < 4 ? 0 : (code - 2) / 2);
    }

    private static int IndexOf(int[] bases, int value)
    {
        var index = Array.BinarySearch(bases, value);
        return index >= 0 ? index : ~index - 1;
    }

    private void PutSymbol(int symbol)
    {
        switch (symbol)
        {
            case < 144:
                PutCode((uint)(0x30 + symbol), 8);
                break;
            case < 256:
                PutCode((uint)(0x190 + symbol - 144), 9);
                break;
            case < 280:
                PutCode((uint)(symbol - 256), 7);
                break;
            default:
                PutCode((uint)(0xC0 + symbol - 280), 8);
                break;
        }
    }

    /// <summary>Codes are written from their highest bit on, other numbers from their lowest.</summary>
    private void PutCode(uint code, int count)
    {
        var reversed = 0u;
        for (var i = 0; i < count; i++)
            reversed |= ((code >> i) & 1) << (count - 1 - i);
        PutBits(reversed, count);
    }

    private void PutBits(uint value, int count)
    {
        bits |= (ulong)value << bitCount;
        bitCount += count;
        if (bitCount < WordBits)
            return;
        BinaryPrimitives.WriteUInt32LittleEndian(output.GetSpan(sizeof(uint)), (uint)bits);
        output.Advance(sizeof(uint));
        bits >>= WordBits;
        bitCount -= WordBits;
    }

    /// <summary>Writes the bits that do not fill a word, and then up to the next byte.</summary>
    private void PutLastBits()
    {
        for (; bitCount > 0; bitCount -= 8, bits >>= 8)
            Append([(byte)bits]);
        bitCount = 0;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(output.GetSpan(bytes.Length));
        output.Advance(bytes.Length);
    }
}
