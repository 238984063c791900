using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Registry.Api.Json;

/// <summary>Validates UTF-8 that arrives in pieces. A piece may end within a character.</summary>
internal sealed class Utf8Check
{
    private const int MaxPartialBytes = 3;

    private readonly byte[] partial = new byte[MaxPartialBytes + 1];
    private int partialLength;

    /// <summary>Whether the bytes so far end with a complete character.</summary>
    public bool IsComplete => partialLength == 0;

    /// <summary>Resets the check.</summary>
    public void Begin() => partialLength = 0;

    /// <summary>Checks the next bytes. Returns false if they are not valid UTF-8.</summary>
    public bool TryAppend(ReadOnlySpan<byte> bytes)
    {
        while (partialLength > 0 && !bytes.IsEmpty)
        {
            partial[partialLength++] = bytes[0];
            bytes = bytes[1..];
            var status = Rune.DecodeFromUtf8(partial.AsSpan(0, partialLength), out _, out _);
            if (status == OperationStatus.InvalidData)
                return false;
            if (status == OperationStatus.Done)
                partialLength = 0;
        }

        if (!bytes.IsEmpty && !Ascii.IsValid(bytes[^1]))
        {
            var end = FindPartialCharacter(bytes);
            end.CopyTo(partial);
            partialLength = end.Length;
            bytes = bytes[..^end.Length];
        }

        return Utf8.IsValid(bytes);
    }

    /// <summary>Returns the incomplete character at the end of the bytes; empty if there is none.</summary>
    private static ReadOnlySpan<byte> FindPartialCharacter(ReadOnlySpan<byte> bytes)
    {
        for (var length = 1; length <= Math.Min(MaxPartialBytes, bytes.Length); length++)
            if (Rune.DecodeFromUtf8(bytes[^length..], out _, out _) == OperationStatus.NeedMoreData)
                return bytes[^length..];
        return [];
    }
}
