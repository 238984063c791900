using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

/// <summary>Each test has its own storage and two instances over it, as two processes would.</summary>
public abstract class StorageContract
{
    private StorageUnderTest? storage;

    protected StorageUnderTest Storage => storage!;

    protected StorageInstance One { get; private set; } = null!;

    protected StorageInstance Two { get; private set; } = null!;

    /// <summary>Ends a test that hangs; far above the duration of any test.</summary>
    protected CancellationToken CancellationToken { get; private set; }

    [SetUp]
    public async Task OpenStorage()
    {
        CancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;
        storage = await StartAsync();
        One = await storage.OpenAsync();
        Two = await storage.OpenAsync();
    }

    [TearDown]
    public async Task CloseStorage()
    {
        if (storage is not null)
            await storage.DisposeAsync();
        storage = null;
    }

    /// <summary>
    /// Returns an empty storage. Calls <see cref="Assert.Ignore(string)"/> with the reason if the backend is not
    /// enabled; throws if it is enabled but does not respond.
    /// </summary>
    protected abstract ValueTask<StorageUnderTest> StartAsync();

    /// <summary>Returns the first instance for even numbers, the second for odd ones.</summary>
    protected StorageInstance Instance(int number) => number % 2 == 0 ? One : Two;

    /// <summary>Runs all of them concurrently, released together once every task is started.</summary>
    protected static async Task<T[]> RaceAsync<T>(int runners, Func<int, Task<T>> run)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var tasks = Enumerable.Range(0, runners).Select(number => Task.Run(async () =>
        {
            await start.Task;
            return await run(number);
        })).ToArray();
        start.SetResult();
        return await Task.WhenAll(tasks);
    }

    protected static StoreKey Key(params ReadOnlySpan<string> segments) => StoreKey.Of(segments);
}
