using System.Diagnostics.CodeAnalysis;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// Builds the names of all objects. They are ASCII, so the order of the service (UTF-8 bytes) is the ordinal order of
/// the keys.
/// </summary>
/// <remarks>
/// <code>
/// &lt;prefix&gt;/documents/packages/&lt;namespace&gt;/&lt;name&gt;   a document; the generation is the revision
/// &lt;prefix&gt;/blobs/&lt;scope …&gt;/@&lt;digest&gt;   a blob; generation and metageneration are the revision
/// </code>
/// </remarks>
internal sealed class GcsNames
{
    /// <summary>The maximum length of an object name, in bytes of UTF-8.</summary>
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
    /// The maximum length of the prefix: <see cref="MaxNameBytes"/> minus folder, longest scope, <c>/@</c> and digest.
    /// </summary>
    public static int MaxPrefixBytes => MaxNameBytes - BlobsFolder.Length - StoreKey.MaxKeyBytes - 2 - Digest.HexLength;

    /// <summary>The prefix with a slash at the end; empty for none.</summary>
    public string Root { get; }

    public string Of(StoreKey document) => documents + document.Value;

    public string Of(BlobKey blob) => blobs + blob.Value;

    /// <summary>Returns the name prefix of all documents below a scope.</summary>
    public string Below(StoreKey scope) => $"{documents}{scope.Value}/";

    /// <summary>Returns the name prefix of all blobs of a scope.</summary>
    public string Within(
        StoreKey scope,
        ScopeDepth depth) =>
        depth == ScopeDepth.Exact ? $"{blobs}{scope.Value}/{BlobKey.Mark}" : $"{blobs}{scope.Value}/";

    /// <summary>Parses the name of an object. Returns false when the registry did not write it.</summary>
    public bool TryGetDocument([NotNullWhen(true)] string? name, out StoreKey key)
    {
        key = default;
        return name is not null
            && name.StartsWith(documents, StringComparison.Ordinal)
            && StoreKey.TryParse(name[documents.Length..], out key);
    }

    /// <summary>Parses the name of an object. Returns false when the registry did not write it.</summary>
    public bool TryGetBlob([NotNullWhen(true)] string? name, out BlobKey key)
    {
        key = default;
        return name is not null
            && name.StartsWith(blobs, StringComparison.Ordinal)
            && BlobKey.TryParse(name[blobs.Length..], out key);
    }
}
