using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Registry.Storage.Gcs;

/// <summary>
/// The checksum by which Google Cloud Storage proves what it took and what it gives: CRC-32C, computed by the
/// processor.
/// </summary>
internal struct Crc32C
{
    private uint value;

    /// <summary>As the service writes it: base64 of four bytes, the highest first.</summary>
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
