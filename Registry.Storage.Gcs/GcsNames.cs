using System.Diagnostics.CodeAnalysis;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// The names of all objects. They are ASCII, so that the service's order, that of UTF-8 bytes, is the ordinal order of
/// the keys.
/// </summary>
/// <remarks>
/// <code>
/// &lt;prefix&gt;/documents/packages/&lt;namespace&gt;/&lt;name&gt;    a document: its generation is its revision
/// &lt;prefix&gt;/blobs/&lt;scope …&gt;/@&lt;digest&gt; a blob: its generation and metageneration are its revision
/// </code>
/// </remarks>
internal sealed class GcsNames
{
    /// <summary>The longest name that the service takes, in bytes of UTF-8.</summary>
    public const int MaxNameBytes = 1024;

    private const string DocumentsFolder = "documents/";
    private const string BlobsFolder = "blobs/";

    private readonly string documents;
    private readonly string blobs;

    public GcsNames(string prefix)
    {
        Root = prefix.Length == 0 || prefix.EndsWith('/') ? prefix : prefix + "/";
        documents = Root + DocumentsFolder;
        blobs = Root + BlobsFolder;
    }

    /// <summary>
    /// What is left of <see cref="MaxNameBytes"/> beside the longest blob: folder, scope, <c>/@</c> and digest.
    /// </summary>
    public static int MaxPrefixBytes => MaxNameBytes - BlobsFolder.Length - StoreKey.MaxKeyBytes - 2 - Digest.HexLength;

    /// <summary>The prefix with its slash; empty for none.</summary>
    public string Root { get; }

    public string Of(StoreKey document) => documents + document.Value;

    public string Of(BlobKey blob) => blobs + blob.Value;

    /// <summary>What the names of all documents below a scope begin with.</summary>
    public string Below(StoreKey scope) => $"{documents}{scope.Value}/";

    /// <summary>What the names of all blobs of a scope begin with.</summary>
    public string Within(
        StoreKey scope,
        ScopeDepth depth) =>
        depth == ScopeDepth.Exact ? $"{blobs}{scope.Value}/{BlobKey.Mark}" : $"{blobs}{scope.Value}/";

    /// <summary>False for an object that is not ours.</summary>
    public bool TryGetDocument([NotNullWhen(true)] string? name, out StoreKey key)
    {
        key = default;
        return name is not null
            && name.StartsWith(documents, StringComparison.Ordinal)
            && StoreKey.TryParse(name[documents.Length..], out key);
    }

    /// <summary>False for an object that is not ours.</summary>
    public bool TryGetBlob([NotNullWhen(true)] string? name, out BlobKey key)
    {
        key = default;
        return name is not null
            && name.StartsWith(blobs, StringComparison.Ordinal)
            && BlobKey.TryParse(name[blobs.Length..], out key);
    }
}
