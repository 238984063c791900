using Registry.Core.Storage;

namespace Registry.Core.Archives;

/// <summary>An app archive as it is stored. The same bytes in two workspaces are two archives.</summary>
/// <param name="Workspace">Where it belongs.</param>
/// <param name="Id">The sha256 of its bytes.</param>
/// <param name="Size">Bytes, at least one.</param>
/// <param name="UploadedAt">When it was last uploaded, in whole microseconds.</param>
public sealed record AppArchive(Workspace Workspace, Digest Id, long Size, DateTimeOffset UploadedAt)
{
    /// <summary>Microseconds since 1970: larger after each upload of the same archive.</summary>
    public long Generation => (UploadedAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Reads what storage knows of one.</summary>
    public static AppArchive From(
        BlobInfo blob) => new(Workspace.FromScope(blob.Key.Scope), blob.Key.Digest, blob.Length, blob.UploadedAt);
}
