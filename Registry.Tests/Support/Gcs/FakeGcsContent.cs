using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Registry.Tests.Support.Gcs;

/// <summary>The bytes of an object, in memory if small, otherwise in a file. Grows during an upload.</summary>
internal sealed class FakeGcsContent(string folder) : IDisposable
{
    private const int MaxInMemory = 64 * 1024;

    private static readonly uint[] Table = [.. Enumerable.Range(0, 256)
        .Select(
            i => Enumerable.Range(0, 8).Aggregate((uint)i, (c, _) => (c & 1) != 0 ? (c >> 1) ^ 0x82F63B78 : c >> 1))];

    private readonly MemoryStream memory = new();
    private readonly IncrementalHash md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    private string? path;
    private uint register = uint.MaxValue;

    public long Length { get; private set; }

    /// <summary>
    /// The hash of the bytes so far. Concurrent requests read it, also while another one disposes the content.
    /// </summary>
    public string Md5 { get; private set; } = "1B2M2Y8AsgTpgAmY7PhCfg==";

    public string Crc32C
    {
        get
        {
            var bytes = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, ~register);
            return Convert.ToBase64String(bytes);
        }
    }

    public async Task AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        md5.AppendData(bytes.Span);
        Md5 = Convert.ToBase64String(md5.GetCurrentHash());
        foreach (var one in bytes.Span)
            register = (register >> 8) ^ Table[(byte)(register ^ one)];
        if (path is null && Length + bytes.Length > MaxInMemory)
        {
            path = Path.Combine(folder, Guid.NewGuid().ToString("n"));
            await using var made = File.Create(path);
            memory.Position = 0;
            await memory.CopyToAsync(made, cancellationToken);
            memory.SetLength(0);
            memory.Capacity = 0;
        }

        if (path is null)
        {
            memory.Write(bytes.Span);
        }
        else
        {
            await using var file = new FileStream(
                path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            await file.WriteAsync(bytes, cancellationToken);
        }

        Length += bytes.Length;
    }

    public async Task AppendAllAsync(Stream bytes, CancellationToken cancellationToken)
    {
        var block = new byte[MaxInMemory];
        while (await bytes.ReadAsync(block, cancellationToken) is > 0 and var read)
            await AppendAsync(block.AsMemory(0, read), cancellationToken);
    }

    /// <summary>
    /// Opens the bytes from the start. Open streams stay readable after the content is disposed, as in the service.
    /// </summary>
    public Stream Open() => path is null
        ? new MemoryStream(memory.ToArray(), writable: false)
        : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    public void Dispose()
    {
        if (path is not null)
            File.Delete(path);
        md5.Dispose();
    }
}
