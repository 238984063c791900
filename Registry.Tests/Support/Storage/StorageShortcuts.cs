using System.Security.Cryptography;
using System.Text;
using NUnit.Framework;
using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

/// <summary>What tests of storage say often.</summary>
public static class StorageShortcuts
{
    public static Digest DigestOf(ReadOnlySpan<byte> bytes) => Digest.FromHash(SHA256.HashData(bytes));

    /// <summary>Bytes that look random and are the same for the same seed.</summary>
    public static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static string Text(this Document document) => Encoding.UTF8.GetString(document.Content.Span);

    /// <summary>Writes a text, and asserts that the precondition held.</summary>
    public static async Task<Revision> PutAsync(
        this IDocumentStore documents, StoreKey key, string text, Precondition precondition, CancellationToken ct)
    {
        var revision = await documents.TryPutAsync(key, Encoding.UTF8.GetBytes(text), precondition, ct);
        Assert.That(revision, Is.Not.Null, $"the precondition of the write of '{key}' held");
        return revision!.Value;
    }

    public static ValueTask<Revision?> TryPutAsync(
        this IDocumentStore documents, StoreKey key, string text, Precondition precondition, CancellationToken ct) =>
        documents.TryPutAsync(key, Encoding.UTF8.GetBytes(text), precondition, ct);

    public static async Task<List<string>> KeysAsync(this IDocumentStore documents, StoreKey scope, StoreKey? after, CancellationToken ct)
    {
        var keys = new List<string>();
        await foreach (var entry in documents.ListAsync(scope, after, ct))
            keys.Add(entry.Key.Value);
        return keys;
    }

    /// <summary>Stages and commits bytes in one write.</summary>
    public static Task<BlobInfo> CommitAsync(this IBlobStore blobs, StoreKey scope, ReadOnlyMemory<byte> bytes, CancellationToken ct) =>
        blobs.CommitAsync(scope, bytes, null, ct);

    public static async Task<BlobInfo> CommitAsync(
        this IBlobStore blobs, StoreKey scope, ReadOnlyMemory<byte> bytes, DateTimeOffset? uploadedAt, CancellationToken ct) =>
        (await blobs.CommitBlobAsync(scope, bytes, uploadedAt, ct)).Info;

    /// <summary>Stages and commits bytes in one write, and tells what the commit did.</summary>
    public static async Task<CommittedBlob> CommitBlobAsync(
        this IBlobStore blobs, StoreKey scope, ReadOnlyMemory<byte> bytes, DateTimeOffset? uploadedAt, CancellationToken ct)
    {
        await using var writer = await blobs.CreateAsync(scope, ct);
        await writer.WriteAsync(bytes, ct);
        return await writer.CommitAsync(DigestOf(bytes.Span), uploadedAt, ct);
    }

    public static async Task<List<BlobInfo>> InfosAsync(
        this IBlobStore blobs, StoreKey scope, ScopeDepth depth, BlobKey? after, CancellationToken ct)
    {
        var infos = new List<BlobInfo>();
        await foreach (var info in blobs.ListAsync(scope, depth, after, ct))
            infos.Add(info);
        return infos;
    }

    /// <summary>Opens, reads to the end and closes; null when there is no such blob.</summary>
    public static async Task<byte[]?> ReadAsync(this IBlobStore blobs, BlobKey key, ByteRange range, CancellationToken ct)
    {
        await using var reader = await blobs.OpenAsync(key, range, ct);
        return reader is null ? null : await reader.Content.ReadAllAsync(ct);
    }

    public static async Task<byte[]> ReadAllAsync(this Stream content, CancellationToken ct)
    {
        using var all = new MemoryStream();
        await content.CopyToAsync(all, ct);
        return all.ToArray();
    }
}
