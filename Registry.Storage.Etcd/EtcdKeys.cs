using System.Globalization;
using System.Text;
using Google.Protobuf;
using Registry.Core.Storage;

namespace Registry.Storage.Etcd;

/// <summary>
/// Every key in etcd, in one place. Keys are ASCII, so etcd's order of bytes is the ordinal order of their text.
/// </summary>
/// <remarks>
/// <code>
/// &lt;prefix&gt; changes which document was written last: written with each, so that its history tells them all
/// (EtcdChanges) documents/&lt;key&gt; a document blobs/&lt;scope&gt;/@&lt;digest&gt; a blob's head (BlobHead): with it
/// the blob is there content/&lt;scope&gt;/@&lt;digest&gt; the bytes of a blob of one chunk at most, written and
/// deleted with its head chunks/&lt;upload&gt;/&lt;number&gt; the bytes of any other, eight hex digits count the chunks
/// staged/&lt;upload&gt; an upload under way (StagedUpload)
/// </code>
/// </remarks>
internal sealed class EtcdKeys(string prefix)
{
    public ByteString Changes { get; } = ByteString.CopyFrom(prefix + "changes", Encoding.ASCII);

    public ByteString Document(StoreKey key) => Encode($"documents/{key.Value}");

    public ByteString Head(BlobKey key) => Encode($"blobs/{key.Value}");

    public ByteString Content(BlobKey key) => Encode($"content/{key.Value}");

    public ByteString Chunk(
        string upload, long number) => Encode($"chunks/{upload}/{number.ToString("x8", CultureInfo.InvariantCulture)}");

    public ByteString Staged(string upload) => Encode($"staged/{upload}");

    /// <summary>All chunks of an upload.</summary>
    public KeyRange Chunks(string upload) => Below($"chunks/{upload}");

    /// <summary>Every upload under way.</summary>
    public KeyRange AllStaged() => Below("staged");

    /// <summary>The documents below a scope, past one key.</summary>
    public KeyRange Documents(
        StoreKey scope,
        StoreKey? after) => Below($"documents/{scope.Value}").After(after is { } key ? Document(key) : null);

    /// <summary>The heads of a scope, past one key.</summary>
    public KeyRange Heads(StoreKey scope, ScopeDepth depth, BlobKey? after)
    {
        // '@' begins the name of every blob and no segment; 'A' is the sign after it.
        var range = depth == ScopeDepth.Exact
            ? new KeyRange(Encode($"blobs/{scope.Value}/@"), Encode($"blobs/{scope.Value}/A"))
            : Below($"blobs/{scope.Value}");
        return range.After(after is { } key ? Head(key) : null);
    }

    /// <summary>What stands after the prefix and the given kind; null where the key is not of that kind.</summary>
    public string? NameOf(ByteString key, string kind)
    {
        var text = Encoding.ASCII.GetString(key.Span);
        var start = $"{prefix}{kind}/";
        return text.StartsWith(start, StringComparison.Ordinal) ? text[start.Length..] : null;
    }

    /// <summary>Everything that begins with a path and a slash; '0' is the sign after the slash.</summary>
    private KeyRange Below(string path) => new(Encode(path + "/"), Encode(path + "0"));

    private ByteString Encode(string path) => ByteString.CopyFrom(prefix + path, Encoding.ASCII);
}

/// <summary>Keys from one on, up to another that is not of them.</summary>
internal readonly record struct KeyRange(ByteString From, ByteString End)
{
    /// <summary>True when it holds nothing.</summary>
    public bool IsEmpty => From.Span.SequenceCompareTo(End.Span) >= 0;

    /// <summary>What is left of it past a key, which need not be in it; null leaves it whole.</summary>
    public KeyRange After(ByteString? key)
    {
        if (key is null || key.Span.SequenceCompareTo(From.Span) < 0)
            return this;

        // The first key past another is that key and a zero byte.
        return this with { From = ByteString.CopyFrom([.. key.Span, 0]) };
    }
}
