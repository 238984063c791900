using System.Globalization;
using System.Text;
using Google.Protobuf;
using Registry.Core.Storage;

namespace Registry.Storage.Etcd;

/// <summary>
/// Builds every key in etcd. Keys are ASCII, so etcd's byte order is the ordinal order of their text.
/// </summary>
/// <remarks>
/// <code>
/// &lt;prefix&gt;
///   changes                       the last document written; its history is the change feed (EtcdChanges)
///   documents/&lt;key&gt;               a document
///   blobs/&lt;scope&gt;/@&lt;digest&gt;     the head of a blob (BlobHead); the blob exists when its head does
///   content/&lt;scope&gt;/@&lt;digest&gt;   the bytes of a blob of at most one chunk, next to its head
///   chunks/&lt;write&gt;/&lt;number&gt;     a chunk of a larger blob; the number has eight hex digits
///   staged/&lt;write&gt;                an uncommitted write of a blob (StagedUpload)
///   uploads/&lt;scope&gt;/@&lt;id&gt;         the head of a staged upload (UploadHead), which exists when this does
///   parts/&lt;id&gt;/&lt;offset&gt;          a completed append (UploadPart); the offset has sixteen hex digits
///   appends/&lt;id&gt;/&lt;append&gt;        an append in progress that has stored chunks (StagedUpload)
///   appended/&lt;id&gt;/&lt;append&gt;/&lt;number&gt;   a chunk of an append; the number has eight hex digits
/// </code>
/// </remarks>
internal sealed class EtcdKeys(string prefix)
{
    /// <summary>The first character of an upload's name, which no segment of a scope contains.</summary>
    private const char UploadMark = '@';

    public ByteString Changes { get; } = ByteString.CopyFrom(prefix + "changes", Encoding.ASCII);

    public ByteString Document(StoreKey key) => Encode($"documents/{key.Value}");

    public ByteString Head(BlobKey key) => Encode($"blobs/{key.Value}");

    public ByteString Content(BlobKey key) => Encode($"content/{key.Value}");

    public ByteString Chunk(
        string upload, long number) => Encode($"chunks/{upload}/{number.ToString("x8", CultureInfo.InvariantCulture)}");

    public ByteString Staged(string upload) => Encode($"staged/{upload}");

    /// <summary>Returns the range of all chunks of an upload.</summary>
    public KeyRange Chunks(string upload) => Below($"chunks/{upload}");

    /// <summary>Returns the range of all active uploads.</summary>
    public KeyRange AllStaged() => Below("staged");

    public ByteString Upload(UploadKey upload) => Encode($"uploads/{upload.Scope.Value}/{UploadMark}{upload.Id}");

    public ByteString Part(UploadKey upload, long offset) =>
        Encode($"parts/{upload.Id}/{offset.ToString("x16", CultureInfo.InvariantCulture)}");

    public ByteString Append(UploadKey upload, string append) => Encode($"appends/{upload.Id}/{append}");

    public ByteString AppendedChunk(UploadKey upload, string append, long number) =>
        Encode($"appended/{upload.Id}/{append}/{number.ToString("x8", CultureInfo.InvariantCulture)}");

    /// <summary>Returns the range of the heads of all staged uploads.</summary>
    public KeyRange AllUploads() => Below("uploads");

    /// <summary>Returns the range of the completed appends of a staged upload.</summary>
    public KeyRange Parts(UploadKey upload) => Below($"parts/{upload.Id}");

    /// <summary>Returns the range of the appends in progress to a staged upload.</summary>
    public KeyRange Appends(UploadKey upload) => Below($"appends/{upload.Id}");

    /// <summary>Returns the range of the appends in progress to all staged uploads.</summary>
    public KeyRange AllAppends() => Below("appends");

    /// <summary>Returns the range of the chunks of all appends to a staged upload.</summary>
    public KeyRange Appended(UploadKey upload) => Below($"appended/{upload.Id}");

    /// <summary>Returns the range of the chunks of one append, given what follows <c>appends/</c> in its key.</summary>
    public KeyRange AppendedBy(string append) => Below($"appended/{append}");

    /// <summary>Parses the key of the head of a staged upload. Returns false for any other key.</summary>
    public bool TryGetUpload(ByteString key, out UploadKey upload)
    {
        upload = default;
        var name = NameOf(key, "uploads");
        var mark = name?.LastIndexOf($"/{UploadMark}", StringComparison.Ordinal) ?? -1;
        return mark >= 0
            && StoreKey.TryParse(name![..mark], out var scope)
            && UploadKey.TryParse(scope, name[(mark + 2)..], out upload);
    }

    /// <summary>Returns the range of the documents below a scope, after one key.</summary>
    public KeyRange Documents(
        StoreKey scope,
        StoreKey? after) => Below($"documents/{scope.Value}").After(after is { } key ? Document(key) : null);

    /// <summary>Returns the range of the heads in a scope, after one key.</summary>
    public KeyRange Heads(StoreKey scope, ScopeDepth depth, BlobKey? after)
    {
        // Every blob name and no segment starts with '@'; 'A' is the next character.
        var range = depth == ScopeDepth.Exact
            ? new KeyRange(Encode($"blobs/{scope.Value}/@"), Encode($"blobs/{scope.Value}/A"))
            : Below($"blobs/{scope.Value}");
        return range.After(after is { } key ? Head(key) : null);
    }

    /// <summary>Returns the part of a key after the prefix and the kind; null when the key has another kind.</summary>
    public string? NameOf(ByteString key, string kind)
    {
        var text = Encoding.ASCII.GetString(key.Span);
        var start = $"{prefix}{kind}/";
        return text.StartsWith(start, StringComparison.Ordinal) ? text[start.Length..] : null;
    }

    /// <summary>
    /// Returns the range of all keys that start with a path and a slash; '0' is the character after the slash.
    /// </summary>
    private KeyRange Below(string path) => new(Encode(path + "/"), Encode(path + "0"));

    private ByteString Encode(string path) => ByteString.CopyFrom(prefix + path, Encoding.ASCII);
}

/// <summary>A range of keys; the end is exclusive.</summary>
internal readonly record struct KeyRange(ByteString From, ByteString End)
{
    /// <summary>True when the range contains no key.</summary>
    public bool IsEmpty => From.Span.SequenceCompareTo(End.Span) >= 0;

    /// <summary>
    /// Returns the part of the range after a key, which need not be in the range; null for the whole range.
    /// </summary>
    public KeyRange After(ByteString? key)
    {
        if (key is null || key.Span.SequenceCompareTo(From.Span) < 0)
            return this;

        // The next key after a key is that key followed by a zero byte.
        return this with { From = ByteString.CopyFrom([.. key.Span, 0]) };
    }
}
