using System.Diagnostics;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Packages;

/// <summary>
/// Fills a data folder where flushes are free, and copies it to its place with the file times, on which its revisions
/// depend.
/// </summary>
internal static class FolderInMemory
{
    /// <summary>Fills a folder.</summary>
    /// <param name="backend">A filesystem backend that no registry uses at the moment.</param>
    /// <param name="fill">Fills the given backend.</param>
    /// <param name="cancellationToken">Cancels the copy.</param>
    public static async Task FillAsync(Backend backend, Func<Backend, Task> fill, CancellationToken cancellationToken)
    {
        var place = backend.Settings.Single(static setting => setting.Name == "FILESYSTEM__PATH").Value;
        var staged = Directory.CreateDirectory($"/dev/shm/registry-bench-{Guid.NewGuid():N}").FullName;
        try
        {
            await CopyAsync(place, staged, cancellationToken);
            await fill(backend with { Settings = [("STORAGE", "filesystem"), ("FILESYSTEM__PATH", staged)] });
            await CopyAsync(staged, place, cancellationToken);
        }
        finally
        {
            Directory.Delete(staged, recursive: true);
        }
    }

    private static async Task CopyAsync(string from, string to, CancellationToken cancellationToken)
    {
        using var copy = Process.Start("cp", ["-a", "--", $"{from}/.", to]);
        await copy.WaitForExitAsync(cancellationToken);
        if (copy.ExitCode != 0)
            throw new InvalidOperationException($"cp exited with {copy.ExitCode}.");
    }
}
