namespace Registry.Api.Backups;

/// <summary>The file of a backup.</summary>
internal static class BackupFile
{
    /// <summary>Stands for standard input or output.</summary>
    public const string Standard = "-";

    private const int BufferBytes = 64 << 10;

    /// <summary>Opens a backup.</summary>
    public static Stream OpenRead(string path) =>
        new FileStream(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.Read,
            BufferBytes,
            FileOptions.Asynchronous | FileOptions.SequentialScan);

    /// <summary>
    /// Writes a backup to a temporary file and renames it when it is complete and on the disk, so that a failure does
    /// not destroy an existing backup.
    /// </summary>
    /// <param name="path">The path of the backup.</param>
    /// <param name="write">
    /// Writes the backup. Returns false when it is incomplete: its path is then <paramref name="path"/> with
    /// <c>.incomplete</c> appended.
    /// </param>
    /// <returns>The path of the written backup.</returns>
    public static async Task<string> WriteAsync(string path, Func<Stream, Task<bool>> write)
    {
        var staged = new FileInfo($"{path}.{Guid.NewGuid():n}.tmp");
        try
        {
            string place;
            await using (var file = new FileStream(
                staged.FullName,
                FileMode.CreateNew,
                FileAccess.Write,
                FileShare.None,
                BufferBytes,
                FileOptions.Asynchronous))
            {
                place = await write(file) ? path : $"{path}.incomplete";
                await file.FlushAsync(CancellationToken.None);
                file.Flush(flushToDisk: true);
            }

            // An atomic rename(2), since both are in one folder.
            staged.MoveTo(place, overwrite: true);
            return place;
        }
        catch
        {
            File.Delete(staged.FullName);
            throw;
        }
    }
}
