using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

/// <summary>
/// One storage, empty when it is made, over which any number of independent instances may be opened, as many processes
/// would: they share the engine and nothing of the process. Disposing it disposes the instances and removes what they
/// stored.
/// </summary>
public abstract class StorageUnderTest : IAsyncDisposable
{
    private readonly List<StorageInstance> opened = [];

    /// <summary>
    /// How many copies of a blob lie in the memory of the test process itself, because the engine does: 0 for every
    /// real backend.
    /// </summary>
    public virtual int CopiesInProcess => 0;

    /// <summary>Opens one more instance.</summary>
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

    /// <summary>Removes what was stored.</summary>
    protected abstract ValueTask RemoveAsync();
}

/// <summary>Both ports, as one process has them.</summary>
/// <param name="Documents">The documents.</param>
/// <param name="Blobs">The blobs.</param>
/// <param name="Resources">What is disposed with the storage: connections, for instance.</param>
public sealed record StorageInstance(
    IDocumentStore Documents, IBlobStore Blobs, params IReadOnlyList<IAsyncDisposable> Resources);
