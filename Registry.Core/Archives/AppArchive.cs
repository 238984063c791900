using Registry.Core.Storage;

namespace Registry.Core.Archives;

/// <summary>A stored app archive. The same bytes in two workspaces are two archives.</summary>
/// <param name="Workspace">The workspace.</param>
/// <param name="Id">The sha256 of the bytes.</param>
/// <param name="Size">The length in bytes, at least 1.</param>
/// <param name="UploadedAt">The time of the last upload, in whole microseconds.</param>
public sealed record AppArchive(Workspace Workspace, Digest Id, long Size, DateTimeOffset UploadedAt)
{
    /// <summary>The time of the last upload in microseconds since 1970.</summary>
    public long Generation => (UploadedAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Creates an archive from its blob.</summary>
    public static AppArchive From(
        BlobInfo blob) => new(Workspace.FromScope(blob.Key.Scope), blob.Key.Digest, blob.Length, blob.UploadedAt);
}
