using Microsoft.Extensions.Options;
using Registry.Storage.Redis;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.Support.Storage;

/// <summary>The Redis backend with its own prefix on one server. Each instance has its own connection.</summary>
internal sealed class RedisUnderTest(RedisServer server, string? configuration = null) : StorageUnderTest
{
    public RedisOptions Options { get; } = new()
    {
        Configuration = configuration ?? server.Configuration,
        Prefix = $"test-{Guid.NewGuid():N}:",
        // Long enough for a busy machine.
        DeadlineSeconds = 30,
    };

    public RedisKeys Keys => new(Options.Prefix);

    protected override ValueTask<StorageInstance> OpenInstanceAsync()
    {
        var valid = new RedisOptionsValidator().Validate(null, Options);
        if (valid.Failed)
            throw new OptionsValidationException(nameof(RedisOptions), typeof(RedisOptions), valid.Failures);
        var link = new RedisConnection(Options, TimeProvider.System);
        return ValueTask.FromResult(new StorageInstance(
            new RedisDocumentStore(link, Keys),
            new RedisBlobStore(link, Keys, TimeProvider.System, Budgets.Ample()),
            link)
        {
            Uploads = new RedisUploadStore(link, Keys, TimeProvider.System, Budgets.Ample()),
        });
    }

    protected override async ValueTask RemoveAsync() => await server.CommandAsync("FLUSHALL");
}
