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
    /// Writes a backup beside its place, and puts it there when it is whole and on the disk: a backup that is there
    /// already is not lost to one that fails.
    /// </summary>
    /// <param name="path">Its place.</param>
    /// <param name="write">
    /// Writes it. False when it is not all that it should be: then it comes to lie at <paramref name="path"/> and
    /// <c>.incomplete</c>.
    /// </param>
    /// <returns>Where it lies.</returns>
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

            // rename(2), as both are in one folder.
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
