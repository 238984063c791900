using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

/// <summary>
/// A storage, initially empty, that any number of independent instances can open, as separate processes would: they
/// share the engine and nothing within the process. Disposing it disposes the instances and removes the stored data.
/// </summary>
public abstract class StorageUnderTest : IAsyncDisposable
{
    private readonly List<StorageInstance> opened = [];

    /// <summary>
    /// The number of copies of a blob in the memory of the test process, because the engine runs in it: 0 for every
    /// real backend.
    /// </summary>
    public virtual int CopiesInProcess => 0;

    /// <summary>Opens another instance.</summary>
    public async ValueTask<StorageInstance> OpenAsync()
    {
        var instance = await OpenInstanceAsync();
        opened.Add(instance);
        return instance;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in opened)
            foreach (var resource in instance.Resources)
                await resource.DisposeAsync();
        await RemoveAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract ValueTask<StorageInstance> OpenInstanceAsync();

    /// <summary>Removes the stored data.</summary>
    protected abstract ValueTask RemoveAsync();
}

/// <summary>The ports, as one process opens them.</summary>
/// <param name="Documents">The documents.</param>
/// <param name="Blobs">The blobs.</param>
/// <param name="Resources">Resources to dispose with the storage, such as connections.</param>
public sealed record StorageInstance(
    IDocumentStore Documents, IBlobStore Blobs, params IReadOnlyList<IAsyncDisposable> Resources)
{
    /// <summary>The staged uploads.</summary>
    public required IUploadStore Uploads { get; init; }
}
