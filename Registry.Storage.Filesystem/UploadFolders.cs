using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// The folders of staged uploads. Each contains a file for every completed append, named by its offset and its length.
/// </summary>
/// <remarks>
/// Appends are not flushed. After a power cut a file may be shorter than its name says: it is then not part of the
/// upload, and neither are the files after it. A folder is discarded by renaming it, so that it disappears as a whole.
/// </remarks>
internal sealed class UploadFolders(FilesystemVolume volume)
{
    /// <summary>The first character of the name of a discarded folder.</summary>
    private const char Discarded = '.';

    /// <summary>The number of digits of the scope's hash in a name.</summary>
    private const int ScopeDigits = 16;

    /// <summary>The digits of an offset in the name of a part: those of the largest number.</summary>
    private const int OffsetDigits = 19;

    /// <summary>The maximum number of attempts to empty a discarded folder while writers add files.</summary>
    private const int MaxAttempts = 100;

    private readonly string root = volume.Uploads;

    /// <summary>
    /// Returns the name of the folder of an upload. The id alone would do, but it belongs to one scope, and the scope
    /// may be longer than a file name.
    /// </summary>
    public static string NameOf(UploadKey upload) =>
        $"{upload.Id}-"
            + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(upload.Scope.Value)))[..ScopeDigits];

    /// <summary>Returns the name under which a folder is locked.</summary>
    public static string LockOf(string name) => $"uploads/{name}";

    public string PathOf(string name) => $"{root}/{name}";

    /// <summary>Returns the name of the file of an append.</summary>
    public static string PartOf(long offset, long length) =>
        string.Create(CultureInfo.InvariantCulture, $"{offset:d19}-{length}");

    /// <summary>Creates the folder of a new upload, and the folder of all uploads if it does not exist.</summary>
    /// <exception cref="StorageException">The volume is missing: nothing is created then.</exception>
    public void Create(string name)
    {
        if (Disk.TryCreateDirectory(PathOf(name)) is not null)
            return;
        volume.Blobs.ThrowIfMissing();
        if (Disk.TryCreateDirectory(root) is null || Disk.TryCreateDirectory(PathOf(name)) is null)
            throw FilesystemVolume.Missing(root);
    }

    /// <summary>Returns the names of the uploads.</summary>
    public IEnumerable<string> Names(CancellationToken cancellationToken) =>
        All(cancellationToken).Where(static name => name[0] != Discarded);

    /// <summary>Returns the parts of an upload in order; null when it does not exist.</summary>
    /// <exception cref="StorageException">The volume is missing.</exception>
    public IReadOnlyList<UploadPart>? FindParts(string name, CancellationToken cancellationToken)
    {
        if (FileTree.Names(PathOf(name), cancellationToken) is not { } files)
        {
            volume.Blobs.ThrowIfMissing();
            return null;
        }

        var parts = new List<UploadPart>();
        var end = 0L;
        foreach (var part in files.Select(ParsePart).OfType<UploadPart>().OrderBy(static part => part.Offset))
        {
            if (part.Offset != end || !IsWhole(name, part))
                continue;
            parts.Add(part);
            end += part.Length;
        }

        return parts;
    }

    /// <summary>Creates a file for an append; null when the upload does not exist.</summary>
    public StagedFile? TryStage(string name)
    {
        // Another process may discard a file in the moment before it is locked, but not again and again.
        while (Disk.TryStat(PathOf(name)) is not null)
            if (StagedFile.TryCreate($"{PathOf(name)}/{Guid.NewGuid():n}") is { } staged)
                return staged;
        volume.Blobs.ThrowIfMissing();
        return null;
    }

    /// <summary>Makes a staged file the next part of an upload. Requires the lock.</summary>
    /// <returns>False when the upload does not exist or has another length.</returns>
    public bool TryAdd(string name, long offset, StagedFile staged)
    {
        if (FindParts(name, CancellationToken.None) is not { } parts || UploadPart.End(parts) != offset)
            return false;
        if (staged.Length == 0)
            return true;

        // Files after the end were left by a power cut. They must not become part of the upload again.
        foreach (var left in Files(name).Where(file => ParsePart(file) is { } part && part.Offset >= offset))
            Disk.TryUnlink($"{PathOf(name)}/{left}");
        if (!Disk.TryRename(staged.Path, $"{PathOf(name)}/{PartOf(offset, staged.Length)}"))
            return false;
        staged.MarkPlaced();
        return true;
    }

    /// <summary>Discards an upload; false when it does not exist.</summary>
    public bool TryDiscard(string name)
    {
        var discarded = PathOf($"{Discarded}{name}");
        if (!Disk.TryRename(PathOf(name), discarded))
        {
            volume.Blobs.ThrowIfMissing();
            return false;
        }

        Remove(discarded);
        return true;
    }

    /// <summary>Removes what is left of discarded uploads.</summary>
    public void RemoveDiscarded(CancellationToken cancellationToken)
    {
        foreach (var name in All(cancellationToken).Where(static name => name[0] == Discarded))
            Remove(PathOf(name));
    }

    /// <summary>
    /// Whether nothing was appended to an upload since a time: neither the folder nor a file in it has changed.
    /// </summary>
    public bool IsIdle(string name, long newest) =>
        Disk.TryStat(PathOf(name)) is { } folder
            && folder.Ticks <= newest
            && Files(name).All(file => !(Disk.TryStat($"{PathOf(name)}/{file}")?.Ticks > newest));

    /// <summary>
    /// Removes the bytes of appends whose writers are gone, as their released locks show, or have not written since a
    /// time.
    /// </summary>
    public void RemoveAbandoned(string name, long newest)
    {
        foreach (var file in Files(name).Where(static file => ParsePart(file) is null))
        {
            var path = $"{PathOf(name)}/{file}";
            if (Disk.TryStat(path) is { } state && state.Ticks <= newest)
                Disk.TryUnlink(path);
            else
                StagedFile.TryReclaim(path);
        }
    }

    /// <summary>Returns the names of all folders. There are none before the first upload.</summary>
    private IEnumerable<string> All(CancellationToken cancellationToken)
    {
        if (FileTree.Names(root, cancellationToken) is { } names)
            return names.Where(static name => name[^1] == '/').Select(static name => name[..^1]);
        volume.Blobs.ThrowIfMissing();
        return [];
    }

    private HashSet<string> Files(string name) => FileTree.Names(PathOf(name), CancellationToken.None) ?? [];

    private bool IsWhole(string name, UploadPart part) =>
        Disk.TryStat($"{PathOf(name)}/{PartOf(part.Offset, part.Length)}") is { Kind: FileKind.Regular } file
            && file.Length == part.Length;

    private static void Remove(string folder)
    {
        for (var attempt = 0; attempt < MaxAttempts && !Disk.TryRemoveDirectory(folder); attempt++)
            foreach (var file in FileTree.Names(folder, CancellationToken.None) ?? [])
                Disk.TryUnlink($"{folder}/{file}");
    }

    private static UploadPart? ParsePart(string file) =>
        file.Length > OffsetDigits + 1
            && file[OffsetDigits] == '-'
            && long.TryParse(
                file.AsSpan(0, OffsetDigits), NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            && long.TryParse(
                file.AsSpan(OffsetDigits + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? new UploadPart(offset, length)
            : null;
}

/// <summary>The bytes of a completed append.</summary>
/// <param name="Offset">The offset of the first byte in the upload.</param>
/// <param name="Length">The number of bytes.</param>
internal sealed record UploadPart(long Offset, long Length)
{
    /// <summary>Returns the end of the last part: the length of the upload.</summary>
    public static long End(IReadOnlyList<UploadPart> parts) => parts is [.., var last] ? last.Offset + last.Length : 0;
}
