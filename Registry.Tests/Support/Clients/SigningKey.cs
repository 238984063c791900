using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Registry.Tests.Support.Clients;

/// <summary>
/// A new OpenPGP key (RFC 4880: version 4, RSA, without a passphrase) in the form that helm signs and verifies with.
/// </summary>
internal static class SigningKey
{
    /// <summary>The user of the key, for <c>helm package --key</c>.</summary>
    public const string User = "Registry Tests <tests@example.com>";

    private const byte Version = 4;
    private const byte Rsa = 1;
    private const byte Sha256 = 8;
    private const byte PositiveCertification = 0x13;
    private const byte MayCertifyAndSign = 3;

    /// <summary>Writes the key ring with the secret key.</summary>
    public static async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        using var rsa = RSA.Create(2048);
        var key = rsa.ExportParameters(includePrivateParameters: true);
        var created = Number(TimeProvider.System.GetUtcNow().AddHours(-1).ToUnixTimeSeconds());
        byte[] open = [Version, .. created, Rsa, .. Integer(key.Modulus!), .. Integer(key.Exponent!)];
        // RFC 4880 stores the inverse of the first prime modulo the second; .NET has that of the second.
        byte[] secret =
            [.. Integer(key.D!), .. Integer(key.Q!), .. Integer(key.P!), .. Integer(key.InverseQ!)];
        var sum = (ushort)secret.Aggregate(0, static (total, octet) => total + octet);
        byte[] user = Encoding.UTF8.GetBytes(User);
        await File.WriteAllBytesAsync(
            path,
            [
                .. Packet(5, [.. open, 0, .. secret, (byte)(sum >> 8), (byte)sum]),
                .. Packet(13, user),
                .. Packet(2, Certification(rsa, open, user, created)),
            ],
            cancellationToken);
    }

    /// <summary>Section 5.2.3 and 5.2.4: the signature that binds the user to the key.</summary>
    private static byte[] Certification(RSA rsa, byte[] open, byte[] user, byte[] created)
    {
        byte[] framed = [0x99, .. Number(open.Length)[2..], .. open];
        byte[] subpackets = [5, 2, .. created, 2, 27, MayCertifyAndSign, 2, 21, Sha256];
        byte[] hashed =
            [Version, PositiveCertification, Rsa, Sha256, .. Number(subpackets.Length)[2..], .. subpackets];
        byte[] signed =
            [.. framed, 0xB4, .. Number(user.Length), .. user, .. hashed, Version, 0xFF, .. Number(hashed.Length)];
#pragma warning disable CA5350 // Identifiers of version 4 keys are SHA-1 by definition.
        var identifier = SHA1.HashData(framed)[^8..];
#pragma warning restore CA5350
        var signature = rsa.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return
            [
                .. hashed, 0, 10, 9, 16, .. identifier, .. SHA256.HashData(signed)[..2], .. Integer(signature),
            ];
    }

    /// <summary>Section 4.2: a packet with a new-format header and a length of five octets.</summary>
    private static byte[] Packet(int tag, byte[] body) => [(byte)(0xC0 | tag), 0xFF, .. Number(body.Length), .. body];

    /// <summary>Section 3.2: the length in bits, then the number without leading zeros.</summary>
    private static byte[] Integer(byte[] number)
    {
        var value = new BigInteger(number, isUnsigned: true, isBigEndian: true);
        return
            [.. Number(value.GetBitLength())[2..], .. value.ToByteArray(isUnsigned: true, isBigEndian: true)];
    }

    /// <summary>A number in four octets.</summary>
    private static byte[] Number(long value)
    {
        var octets = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(octets, (uint)value);
        return octets;
    }
}
