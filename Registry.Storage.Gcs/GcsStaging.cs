using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// The local folder where uploads are staged until their digest is known. A file outlives its writer only after a
/// crash. Processes may share the folder: each writer locks its file, so a file without a lock is abandoned.
/// </summary>
internal sealed class GcsStaging
{
    private const int WouldBlock = 11;
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;

    private readonly string folder;
    private readonly TimeProvider time;

    public GcsStaging(GcsOptions options, TimeProvider time)
        : this(Path.GetFullPath(options.StagingFolder), time)
    {
    }

    private GcsStaging(string folder, TimeProvider time) => (this.folder, this.time) = (folder, time);

    /// <summary>Returns the staging folder in a subfolder. This one does not see its files.</summary>
    public GcsStaging Below(string name) => new(Path.Combine(folder, name), time);

    /// <summary>
    /// Begins an upload. Creates the folder if missing, because temporary folders are cleaned up by others.
    /// </summary>
    /// <exception cref="StorageException">The folder cannot be written to.</exception>
    public StagedBlob Begin()
    {
        try
        {
            // Private to this user, because the folder for temporary files may be shared.
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(
                    folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

            // Another process may reclaim a file just before it is locked, but not repeatedly.
            while (true)
                if (StagedBlob.TryCreate(Path.Combine(folder, Guid.NewGuid().ToString("n"))) is { } staged)
                    return staged;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw FaultOf(folder, exception);
        }
    }

    /// <summary>Checks that uploads can be staged and that other processes see their locks.</summary>
    /// <exception cref="StorageException">The folder is full, is not writable or does not support locks.</exception>
    public void Probe()
    {
        using var staged = Begin();
        using (var other = TryLock(staged.Path))
        {
            if (other is not null)
            {
                throw new StorageException(
                    StorageFault.Denied,
                    $"'{folder}' (GCS__STAGINGFOLDER) does not support flock. Use a folder on a local disk.");
            }
        }

        staged.Append("probe"u8);
    }

    /// <summary>
    /// Deletes the files of writers that are dead or have been idle for <paramref name="idle"/>. Returns their number.
    /// </summary>
    /// <exception cref="StorageException">The folder cannot be read.</exception>
    public int Discard(TimeSpan idle, CancellationToken cancellationToken)
    {
        var newest = time.GetUtcNow().UtcDateTime - idle;
        var discarded = 0;
        try
        {
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!Guid.TryParseExact(file.Name, "n", out _))
                    continue;

                // Deleted under the lock, so that a writer that is about to lock the file notices.
                using var abandoned = TryLock(file.FullName);
                if (abandoned is null && (!file.Exists || file.LastWriteTimeUtc > newest))
                    continue;
                file.Delete();
                discarded++;
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing was ever staged.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw FaultOf(folder, exception);
        }

        return discarded;
    }

    /// <summary>Locks the file of a dead writer. Returns null when the file is in use or does not exist.</summary>
    public static SafeFileHandle? TryLock(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.None);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (IOException exception) when (IsLocked(exception))
        {
            return null;
        }
    }

    /// <summary>
    /// Returns true when another handle holds the lock of the file, which .NET takes for a file opened without sharing.
    /// </summary>
    public static bool IsLocked(IOException exception) => exception.HResult == WouldBlock;

    public static StorageException FaultOf(string path, Exception exception) => new(
        exception switch
        {
            // On Linux, HResult is the errno.
            IOException { HResult: NoSpace or QuotaExceeded } => StorageFault.Full,
            // A file above the limit of the volume.
            ArgumentOutOfRangeException => StorageFault.Full,
            UnauthorizedAccessException => StorageFault.Denied,
            _ => StorageFault.Unavailable,
        },
        $"'{path}' (GCS__STAGINGFOLDER): {exception.Message}",
        exception);
}
