using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Redis;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Redis;

/// <summary>Each test has its own server, which it may kill, freeze and fill.</summary>
public abstract class RedisTests
{
    protected static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");

    private readonly List<IAsyncDisposable> opened = [];

    private protected RedisServer Server { get; private set; } = null!;

    protected CancellationToken CancellationToken { get; private set; }

    /// <summary>The server's command-line settings.</summary>
    protected virtual string[] Settings => [];

    [SetUp]
    public async Task StartServer()
    {
        CancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;
        Server = await RedisServer.StartAsync(CancellationToken, Settings);
    }

    [TearDown]
    public async Task StopServer()
    {
        foreach (var resource in opened)
            await resource.DisposeAsync();
        opened.Clear();
        await Server.DisposeAsync();
    }

    /// <param name="configuration">The server to connect to; null for the test's own.</param>
    /// <param name="deadlineSeconds">The deadline of each call, in seconds.</param>
    private protected StorageInstance Open(string? configuration = null, double deadlineSeconds = 5)
    {
        var options = new RedisOptions
        {
            Configuration = configuration ?? Server.Configuration,
            DeadlineSeconds = deadlineSeconds
        };
        var keys = new RedisKeys(options.Prefix);
        var link = Track(new RedisConnection(options, TimeProvider.System));
        return new StorageInstance(
            new RedisDocumentStore(link, keys),
            new RedisBlobStore(link, keys, TimeProvider.System, Budgets.Ample()),
            link)
        {
            Uploads = new RedisUploadStore(link, keys, TimeProvider.System, Budgets.Ample()),
        };
    }

    private protected T Track<T>(T resource) where T : IAsyncDisposable
    {
        opened.Add(resource);
        return resource;
    }

    protected static async Task<StorageException> CatchFaultAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (StorageException exception)
        {
            return exception;
        }

        throw new AssertionException("The call succeeded.");
    }

    /// <summary>Retries until a call succeeds; returns the time this took, excluding stalls of the machine.</summary>
    protected async Task<TimeSpan> WaitUntilAvailableAsync(IDocumentStore documents)
    {
        await using var passed = new RunningTime();
        while (true)
            try
            {
                await documents.GetAsync(Sample, CancellationToken);
                return passed.Elapsed;
            }
            catch (StorageException)
            {
                await Task.Delay(20, CancellationToken);
            }
    }
}
