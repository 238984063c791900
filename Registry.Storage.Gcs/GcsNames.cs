using System.Diagnostics.CodeAnalysis;
using System.Globalization;
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
/// &lt;prefix&gt;/uploads/&lt;id&gt;/&lt;scope …&gt;       a staged upload, without bytes; exists when this does
/// &lt;prefix&gt;/parts/&lt;id&gt;/&lt;offset&gt;          one append to it; the offset has sixteen hex digits
/// </code>
/// </remarks>
internal sealed class GcsNames
{
    /// <summary>The maximum length of an object name, in bytes of UTF-8.</summary>
    public const int MaxNameBytes = 1024;

    private const string DocumentsFolder = "documents/";
    private const string BlobsFolder = "blobs/";
    private const string UploadsFolder = "uploads/";
    private const string PartsFolder = "parts/";

    private readonly string documents;
    private readonly string blobs;

    public GcsNames(string prefix)
    {
        Root = prefix.Length == 0 || prefix.EndsWith('/') ? prefix : prefix + "/";
        documents = Root + DocumentsFolder;
        blobs = Root + BlobsFolder;
        Uploads = Root + UploadsFolder;
        Parts = Root + PartsFolder;
    }

    /// <summary>
    /// The maximum length of the prefix: <see cref="MaxNameBytes"/> minus folder, longest scope, <c>/@</c> and digest.
    /// </summary>
    public static int MaxPrefixBytes => MaxNameBytes - BlobsFolder.Length - StoreKey.MaxKeyBytes - 2 - Digest.HexLength;

    /// <summary>The prefix with a slash at the end; empty for none.</summary>
    public string Root { get; }

    /// <summary>The name prefix of all staged uploads.</summary>
    public string Uploads { get; }

    /// <summary>The name prefix of the bytes of all staged uploads.</summary>
    public string Parts { get; }

    public string Of(StoreKey document) => documents + document.Value;

    public string Of(BlobKey blob) => blobs + blob.Value;

    public string Of(UploadKey upload) => $"{Uploads}{upload.Id}/{upload.Scope.Value}";

    /// <summary>Returns the name of the append to an upload that begins at an offset.</summary>
    public string Part(UploadKey upload, long offset) =>
        $"{PartsOf(upload.Id)}{offset.ToString("x16", CultureInfo.InvariantCulture)}";

    /// <summary>Returns the name prefix of the bytes of the upload with this id.</summary>
    public string PartsOf(string id) => $"{Parts}{id}/";

    /// <summary>Returns the name prefix of the upload with this id.</summary>
    public string UploadOf(string id) => $"{Uploads}{id}/";

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

    /// <summary>Parses the name of an object. Returns false when the registry did not write it.</summary>
    public bool TryGetUpload([NotNullWhen(true)] string? name, out UploadKey upload)
    {
        upload = default;
        return name is not null
            && name.StartsWith(Uploads, StringComparison.Ordinal)
            && name.IndexOf('/', Uploads.Length) is > 0 and var slash
            && StoreKey.TryParse(name[(slash + 1)..], out var scope)
            && UploadKey.TryParse(scope, name[Uploads.Length..slash], out upload);
    }

    /// <summary>Returns the id of the upload of an append; null when the name is not that of an append.</summary>
    public string? UploadIdOf(string? part) =>
        part is not null
            && part.StartsWith(Parts, StringComparison.Ordinal)
            && part.IndexOf('/', Parts.Length) is > 0 and var slash
                ? part[Parts.Length..slash]
                : null;
}
