using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Registry.Api.Json;

/// <summary>Checks UTF-8 that arrives in pieces, which may part a character.</summary>
internal sealed class Utf8Check
{
    private const int MaxPartedBytes = 3;

    private readonly byte[] parted = new byte[MaxPartedBytes + 1];
    private int partedLength;

    /// <summary>True between characters.</summary>
    public bool IsComplete => partedLength == 0;

    /// <summary>Forgets what it has taken.</summary>
    public void Begin() => partedLength = 0;

    /// <summary>Takes the next bytes; false when they are not UTF-8.</summary>
    public bool TryAppend(ReadOnlySpan<byte> bytes)
    {
        while (partedLength > 0 && !bytes.IsEmpty)
        {
            parted[partedLength++] = bytes[0];
            bytes = bytes[1..];
            var status = Rune.DecodeFromUtf8(parted.AsSpan(0, partedLength), out _, out _);
            if (status == OperationStatus.InvalidData)
                return false;
            if (status == OperationStatus.Done)
                partedLength = 0;
        }

        if (!bytes.IsEmpty && !Ascii.IsValid(bytes[^1]))
        {
            var end = PartedAtEnd(bytes);
            end.CopyTo(parted);
            partedLength = end.Length;
            bytes = bytes[..^end.Length];
        }

        return Utf8.IsValid(bytes);
    }

    /// <summary>The beginning of a character whose other bytes are to come.</summary>
    private static ReadOnlySpan<byte> PartedAtEnd(ReadOnlySpan<byte> bytes)
    {
        for (var length = 1; length <= Math.Min(MaxPartedBytes, bytes.Length); length++)
            if (Rune.DecodeFromUtf8(bytes[^length..], out _, out _) == OperationStatus.NeedMoreData)
                return bytes[^length..];
        return [];
    }
}
