using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Registry.Storage.Gcs;

/// <summary>CRC-32C, the checksum of Google Cloud Storage, computed with processor instructions.</summary>
internal struct Crc32C
{
    private uint value;

    /// <summary>The checksum in the format of the service: base64 of four bytes in big-endian order.</summary>
    public readonly string Text
    {
        get
        {
            Span<byte> bytes = stackalloc byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
            return Convert.ToBase64String(bytes);
        }
    }

    public static string Of(ReadOnlySpan<byte> bytes)
    {
        var crc = default(Crc32C);
        crc.Append(bytes);
        return crc.Text;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var register = ~value;
        var whole = bytes.Length & ~(sizeof(ulong) - 1);
        foreach (var eight in MemoryMarshal.Cast<byte, ulong>(bytes[..whole]))
            register = BitOperations.Crc32C(
                register, BitConverter.IsLittleEndian ? eight : BinaryPrimitives.ReverseEndianness(eight));
        foreach (var one in bytes[whole..])
            register = BitOperations.Crc32C(register, one);
        value = ~register;
    }
}
