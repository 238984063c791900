using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// The local folder where uploads wait until their digest is known. Nothing in it outlives its writer but by a crash. Several processes may share it.
/// </summary>
internal sealed class GcsStaging(GcsOptions options, TimeProvider time)
{
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;

    private readonly string folder = Path.GetFullPath(options.StagingFolder);

    /// <summary>Begins an upload. The folder is made where it is not there: those for temporary files are swept by others.</summary>
    /// <exception cref="StorageException">The folder cannot be written to.</exception>
    public StagedBlob Begin()
    {
        try
        {
            // What is pushed is nobody else's business, also where the folder for temporary files is everybody's.
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return new StagedBlob(Path.Combine(folder, Guid.NewGuid().ToString("n")));
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw FaultOf(folder, failed);
        }
    }

    /// <summary>Deletes what nobody wrote to for <paramref name="idle"/>; returns how many uploads.</summary>
    /// <exception cref="StorageException">The folder cannot be read.</exception>
    public int Discard(TimeSpan idle, CancellationToken ct)
    {
        var newest = time.GetUtcNow().UtcDateTime - idle;
        var discarded = 0;
        try
        {
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
            {
                ct.ThrowIfCancellationRequested();
                if (!Guid.TryParseExact(file.Name, "n", out _) || file.LastWriteTimeUtc > newest)
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
