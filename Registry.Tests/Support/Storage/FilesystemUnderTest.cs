using Microsoft.Win32.SafeHandles;
using Registry.Storage.Filesystem;

namespace Registry.Tests.Support.Storage;

/// <summary>The filesystem backend over a temporary folder.</summary>
internal sealed class FilesystemUnderTest : StorageUnderTest
{
    private readonly TemporaryFolder folder = new();

    public ShiftedTime Time { get; } = new();

    /// <summary>The data folder.</summary>
    public string Path => folder.Below("data");

    /// <summary>How volumes opened later flush a folder; null for fsync.</summary>
    public Action<SafeFileHandle, string>? FlushFolder { get; set; }

    public FilesystemVolume NewVolume() => new(new FilesystemOptions { Path = Path }, Time, FlushFolder);

    /// <summary>Returns a path below the data folder.</summary>
    public string Below(params string[] names) => System.IO.Path.Combine([Path, .. names]);

    protected override ValueTask<StorageInstance> OpenInstanceAsync()
    {
        var volume = NewVolume();
        return ValueTask.FromResult(
            new StorageInstance(new FilesystemDocumentStore(volume), new FilesystemBlobStore(volume))
            {
                Uploads = new FilesystemUploadStore(volume),
            });
    }

    protected override ValueTask RemoveAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
