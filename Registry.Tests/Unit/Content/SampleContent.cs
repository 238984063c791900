using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Registry.Core.Content;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Content;

/// <summary>Builds valid and invalid packages, and uploads them.</summary>
internal static class SampleContent
{
    public static StoreKey Scope { get; } = StoreKey.Of("packages", "titi", "rocketchat");

    public static byte[] EmptyTar => new byte[10_240];

    public static byte[] Gzip(ReadOnlySpan<byte> bytes, CompressionLevel level = CompressionLevel.Fastest)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, level))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    public static byte[] Tar(TarEntryFormat format, params IEnumerable<(string Name, byte[] Bytes)> files)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, format))
        {
            foreach (var (name, bytes) in files)
            {
                TarEntry entry = format switch
                {
                    TarEntryFormat.V7 => new V7TarEntry(TarEntryType.V7RegularFile, name),
                    TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
                    TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name),
                    _ => new PaxTarEntry(TarEntryType.RegularFile, name),
                };
                entry.DataStream = new MemoryStream(bytes);
                entry.ModificationTime = Samples.Start;
                writer.WriteEntry(entry);
            }
        }

        return tar.ToArray();
    }

    public static byte[] Random(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    public static Task<PackageUpload> BeginAsync(MemoryBlobs blobs, ContentLimits? limits = null) =>
        PackageUpload.BeginAsync(blobs, Scope, limits ?? new ContentLimits(), CancellationToken.None).AsTask();

    /// <summary>Begins a push of a package whose content goes to these blobs.</summary>
    public static ValueTask<PackagePush> BeginPushAsync(
        MemoryBlobs blobs, ContentLimits limits, CancellationToken cancellationToken) =>
        new PackageServices(
            new PackageIndexes(new InMemoryStorage().Documents, TimeProvider.System, new UpdateOptions()),
            blobs,
            limits: limits).Packages.BeginPushAsync(Samples.Package(), Samples.Caller, cancellationToken);

    /// <summary>Uploads in pieces of the given size; returns the content or the message of the refusal.</summary>
    public static async Task<(UploadedContent? Content, string? Refusal)> UploadAsync(
        byte[] bytes, ContentLimits? limits = null, int pieceBytes = 65_536, MemoryBlobs? blobs = null)
    {
        await using var upload = await BeginAsync(blobs ?? new MemoryBlobs(), limits);
        for (var at = 0; at < bytes.Length; at += pieceBytes)
            await upload.WriteAsync(
                bytes.AsMemory(at, Math.Min(pieceBytes, bytes.Length - at)), CancellationToken.None);
        try
        {
            return (await upload.CompleteAsync(CancellationToken.None), null);
        }
        catch (RegistryException exception) when (exception.Code == ErrorCode.InvalidParameters
            && exception.Details is [("field", "blob")])
        {
            return (null, exception.Message);
        }
    }
}
