using System.Security.Cryptography;
using System.Text;
using NUnit.Framework;
using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

/// <summary>Shortcuts for storage tests.</summary>
public static class StorageShortcuts
{
    public static Digest DigestOf(ReadOnlySpan<byte> bytes) => Digest.FromHash(SHA256.HashData(bytes));

    /// <summary>Returns pseudo-random bytes, deterministic by seed.</summary>
    public static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new NoiseStream(seed, length).ReadExactly(bytes);
        return bytes;
    }

    public static string Text(this Document document) => Encoding.UTF8.GetString(document.Content.Span);

    /// <summary>Writes a text and asserts that the precondition held.</summary>
    public static async Task<Revision> PutAsync(
        this IDocumentStore documents,
        StoreKey key,
        string text,
        Precondition precondition,
        CancellationToken cancellationToken)
    {
        var revision = await documents.TryPutAsync(key, Encoding.UTF8.GetBytes(text), precondition, cancellationToken);
        Assert.That(revision, Is.Not.Null, $"the precondition for writing '{key}' held");
        return revision!.Value;
    }

    public static ValueTask<Revision?> TryPutAsync(
        this IDocumentStore documents,
        StoreKey key,
        string text,
        Precondition precondition,
        CancellationToken cancellationToken) =>
        documents.TryPutAsync(key, Encoding.UTF8.GetBytes(text), precondition, cancellationToken);

    public static async Task<List<string>> KeysAsync(
        this IDocumentStore documents, StoreKey scope, StoreKey? after, CancellationToken cancellationToken)
    {
        var keys = new List<string>();
        await foreach (var entry in documents.ListAsync(scope, after, cancellationToken))
            keys.Add(entry.Key.Value);
        return keys;
    }

    /// <summary>Stages and commits bytes in one write.</summary>
    public static Task<BlobInfo> CommitAsync(
        this IBlobStore blobs, StoreKey scope, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        blobs.CommitAsync(scope, bytes, null, cancellationToken);

    public static async Task<BlobInfo> CommitAsync(
        this IBlobStore blobs,
        StoreKey scope,
        ReadOnlyMemory<byte> bytes,
        DateTimeOffset? uploadedAt,
        CancellationToken cancellationToken) =>
        (await blobs.CommitBlobAsync(scope, bytes, uploadedAt, cancellationToken)).Info;

    /// <summary>Stages and commits bytes in one write, and returns the result of the commit.</summary>
    public static async Task<CommittedBlob> CommitBlobAsync(
        this IBlobStore blobs,
        StoreKey scope,
        ReadOnlyMemory<byte> bytes,
        DateTimeOffset? uploadedAt,
        CancellationToken cancellationToken)
    {
        await using var writer = await blobs.CreateAsync(scope, cancellationToken);
        await writer.WriteAsync(bytes, cancellationToken);
        return await writer.CommitAsync(DigestOf(bytes.Span), uploadedAt, cancellationToken);
    }

    public static async Task<List<BlobInfo>> InfosAsync(
        this IBlobStore blobs, StoreKey scope, ScopeDepth depth, BlobKey? after, CancellationToken cancellationToken)
    {
        var infos = new List<BlobInfo>();
        await foreach (var info in blobs.ListAsync(scope, depth, after, cancellationToken))
            infos.Add(info);
        return infos;
    }

    /// <summary>Opens a blob and reads it to the end; null if it does not exist.</summary>
    public static async Task<byte[]?> ReadAsync(
        this IBlobStore blobs, BlobKey key, ByteRange range, CancellationToken cancellationToken)
    {
        await using var reader = await blobs.OpenAsync(key, range, cancellationToken);
        return reader is null ? null : await reader.Content.ReadAllAsync(cancellationToken);
    }

    /// <summary>Appends bytes in one write; null when the upload is unknown or has another length.</summary>
    public static async Task<long?> TryAppendAsync(
        this IUploadStore uploads,
        UploadKey upload,
        long offset,
        ReadOnlyMemory<byte> bytes,
        CancellationToken cancellationToken)
    {
        await using var writer = await uploads.AppendAsync(upload, offset, cancellationToken);
        if (writer is null)
            return null;
        await writer.WriteAsync(bytes, cancellationToken);
        return await writer.CompleteAsync(cancellationToken);
    }

    /// <summary>Appends bytes in one write, and asserts that they were appended. Returns the new length.</summary>
    public static async Task<long> AppendBytesAsync(
        this IUploadStore uploads,
        UploadKey upload,
        long offset,
        ReadOnlyMemory<byte> bytes,
        CancellationToken cancellationToken)
    {
        var length = await uploads.TryAppendAsync(upload, offset, bytes, cancellationToken);
        Assert.That(length, Is.EqualTo(offset + bytes.Length), $"the append to '{upload}' at {offset} was completed");
        return length!.Value;
    }

    /// <summary>Opens an upload and reads it to the end; null if it does not exist.</summary>
    public static async Task<byte[]?> ReadAsync(
        this IUploadStore uploads, UploadKey upload, CancellationToken cancellationToken)
    {
        await using var content = await uploads.OpenAsync(upload, cancellationToken);
        return content is null ? null : await content.ReadAllAsync(cancellationToken);
    }

    public static async Task<byte[]> ReadAllAsync(this Stream content, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        await content.CopyToAsync(all, cancellationToken);
        return all.ToArray();
    }
}
