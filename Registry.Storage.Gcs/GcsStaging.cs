using Microsoft.Win32.SafeHandles;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// The local folder where uploads wait until their digest is known. Nothing in it outlives its writer but by a crash.
/// Several processes may share it: each writer holds the lock of its file, so that a file without one is known to be
/// abandoned.
/// </summary>
internal sealed class GcsStaging(GcsOptions options, TimeProvider time)
{
    private const int WouldBlock = 11;
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;

    private readonly string folder = Path.GetFullPath(options.StagingFolder);

    /// <summary>
    /// Begins an upload. The folder is made where it is not there: those for temporary files are swept by others.
    /// </summary>
    /// <exception cref="StorageException">The folder cannot be written to.</exception>
    public StagedBlob Begin()
    {
        try
        {
            // What is pushed is nobody else's business, also where the folder for temporary files is everybody's.
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(
                    folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

            // Another process may reclaim a file in the moment before it is locked; it cannot do so again and again.
            while (true)
                if (StagedBlob.TryCreate(Path.Combine(folder, Guid.NewGuid().ToString("n"))) is { } staged)
                    return staged;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw FaultOf(folder, failed);
        }
    }

    /// <summary>
    /// Proves that an upload can be staged here, and that other processes can tell that it is under way.
    /// </summary>
    /// <exception cref="StorageException">
    /// It cannot: the folder is full, cannot be written to, or keeps no locks.
    /// </exception>
    public void Probe()
    {
        using var staged = Begin();
        using (var other = TryLock(staged.Path))
        {
            if (other is not null)
            {
                throw new StorageException(
                    StorageFault.Denied,
                    $"'{folder}' (GCS__STAGINGFOLDER) does not exclude by flock: choose a folder on a local disk.");
            }
        }

        staged.Append("probe"u8);
    }

    /// <summary>
    /// Deletes what was staged by writers that are gone, or that have not written for <paramref name="idle"/>; returns
    /// how many uploads.
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

                // Deleted under the lock, so that a writer that is about to lock it finds out.
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
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw FaultOf(folder, failed);
        }

        return discarded;
    }

    /// <summary>Locks the file of a writer that is gone; null when somebody writes it, or it is not there.</summary>
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
        catch (IOException held) when (IsLocked(held))
        {
            return null;
        }
    }

    /// <summary>
    /// Whether another handle has the lock of a file, which .NET takes where a file is opened without sharing it.
    /// </summary>
    public static bool IsLocked(IOException failed) => failed.HResult == WouldBlock;

    public static StorageException FaultOf(string path, Exception failed) => new(
        failed switch
        {
            // On Linux the error number is the result code.
            IOException { HResult: NoSpace or QuotaExceeded } => StorageFault.Full,
            UnauthorizedAccessException => StorageFault.Denied,
            _ => StorageFault.Unavailable,
        },
        $"'{path}' (GCS__STAGINGFOLDER): {failed.Message}",
        failed);
}
