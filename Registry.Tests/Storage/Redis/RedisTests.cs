using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Redis;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Redis;

/// <summary>A server of its own for each test, which the test may kill, freeze and fill.</summary>
public abstract class RedisTests
{
    protected static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");

    private readonly List<IAsyncDisposable> opened = [];

    private protected RedisServer Server { get; private set; } = null!;

    protected CancellationToken CancellationToken { get; private set; }

    /// <summary>Settings of the server, as on its command line.</summary>
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
        foreach (var one in opened)
            await one.DisposeAsync();
        opened.Clear();
        await Server.DisposeAsync();
    }

    /// <param name="configuration">Where the server is; null for the server itself.</param>
    /// <param name="deadlineSeconds">Of each call.</param>
    private protected StorageInstance Open(string? configuration = null, double deadlineSeconds = 5)
    {
        var options = new RedisOptions
        {
            Configuration = configuration ?? Server.Configuration,
            DeadlineSeconds = deadlineSeconds
        };
        var keys = new RedisKeys(options.Prefix);
        var link = Keep(new RedisConnection(options, TimeProvider.System));
        return new StorageInstance(
            new RedisDocumentStore(link, keys),
            new RedisBlobStore(link, keys, TimeProvider.System, Budgets.Ample()),
            link);
    }

    private protected T Keep<T>(T one) where T : IAsyncDisposable
    {
        opened.Add(one);
        return one;
    }

    protected static async Task<StorageException> FaultOf(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (StorageException fault)
        {
            return fault;
        }

        throw new AssertionException("The call was to fail by a StorageException, and did not.");
    }

    /// <summary>Asks until it is answered; how long that took, without what the machine took for itself.</summary>
    protected async Task<TimeSpan> UntilAnsweredAsync(IDocumentStore documents)
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
