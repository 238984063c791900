using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Sessions;
using Registry.Core.Storage;
using Registry.Core.Tokens;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Sessions;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class AccessSessionsTests : IDisposable
{
    private static readonly byte[] Hash = SHA256.HashData("the secret of somebody"u8);
    private static readonly TokenId Token = TokenSecret.Create().Id;

    private readonly InMemoryStorage storage = new();
    private readonly StorageFaults faults = new();
    private readonly ShiftedTime time = new() { Still = Samples.Start.AddMilliseconds(700) };
    private readonly LogRecorder log = new();
    private readonly AccessSessions sessions;
    private readonly AccessSessions replica;

    public AccessSessionsTests() => (sessions, replica) = (Open(storage.Documents), Open(storage.Documents));

    public void Dispose() => log.Dispose();

    [Test]
    public async Task A_session_is_found_on_every_replica_until_it_ends([Values] bool sharesChecks)
    {
        var shared = new InMemoryStorage { SharesChecks = sharesChecks };
        var (one, other) = (Open(shared.Documents), Open(shared.Documents));
        var id = await one.BeginAsync(Token, Hash, expires: null, default);
        foreach (var found in (AccessSession?[])[await one.FindAsync(id, default), await other.FindAsync(id, default)])
        {
            Assert.That(found!.Token, Is.EqualTo(Token));
            Assert.That((found.CreatedAt, found.ExpiresAt), Is.EqualTo((Samples.Start, Samples.Start.AddHours(12))));
        }

        await other.EndAsync(id, default);
        Assert.That(await one.FindAsync(id, default), Is.Null);
        Assert.That(await other.FindAsync(id, default), Is.Null);
        await one.EndAsync(id, default);
    }

    [Test]
    public async Task A_session_is_bound_to_one_secret()
    {
        var id = await sessions.BeginAsync(token: null, Hash, expires: null, default);
        var other = await sessions.BeginAsync(token: null, Hash, expires: null, default);
        var session = (await replica.FindAsync(id, default))!;
        Assert.That(session.Token, Is.Null);
        Assert.That(session.IsOf(id, Hash), Is.True);
        Assert.That(session.IsOf(id, SHA256.HashData("another secret"u8)), Is.False);
        Assert.That(session.IsOf(other, Hash), Is.False);
    }

    [Test]
    public async Task The_storage_has_neither_the_id_nor_the_hash_of_the_secret()
    {
        var id = await sessions.BeginAsync(token: null, Hash, expires: null, default);
        var (key, document) = storage.StoredDocuments.Single();
        var stored = $"{key.Value} {Encoding.UTF8.GetString(document.Content.Span)}";
        Assert.That(stored, Does.Not.Contain(id.Text).And.Not.Contain(Convert.ToHexStringLower(Hash)));
        Assert.That(id.ToString(), Does.Not.Contain(id.Text));
    }

    [Test]
    public async Task Every_session_has_another_id_of_256_bits()
    {
        var ids = new HashSet<string>();
        for (var i = 0; i < 100; i++)
            ids.Add((await sessions.BeginAsync(Token, Hash, expires: null, default)).Text);
        Assert.That(ids, Has.Count.EqualTo(100).And.All.Length.EqualTo(43));
    }

    [Test]
    public async Task A_token_has_at_most_20_sessions_and_the_oldest_end()
    {
        var others = new[]
        {
            await sessions.BeginAsync(token: null, Hash, expires: null, default),
            await sessions.BeginAsync(TokenSecret.Create().Id, Hash, expires: null, default),
        };
        await storage.Documents.PutAsync(Key("damaged"), "{}", Precondition.Absent, default);
        var own = new List<SessionId>();
        for (var i = 0; i < 23; i++)
        {
            time.Still = Samples.Start.AddMinutes(i);
            own.Add(await sessions.BeginAsync(Token, Hash, expires: null, default));
        }

        var found = new List<SessionId>();
        foreach (var id in own)
            if (await replica.FindAsync(id, default) is not null)
                found.Add(id);
        Assert.That(found, Is.EqualTo(own[3..]));
        foreach (var id in others)
            Assert.That(await replica.FindAsync(id, default), Is.Not.Null);
    }

    [Test]
    public async Task Sessions_that_begin_at_the_same_time_are_at_most_20()
    {
        var own = await Task.WhenAll(Enumerable.Range(0, 60).Select(
            _ => Task.Run(() => sessions.BeginAsync(Token, Hash, expires: null, default))));
        var found = 0;
        foreach (var id in own)
            if (await replica.FindAsync(id, default) is not null)
                found++;
        Assert.That(found, Is.InRange(1, 20));
    }

    [TestCase(1, 1)]
    [TestCase(12, 12)]
    [TestCase(13, 12)]
    public async Task A_session_expires_after_12_hours_and_with_its_secret(int secretHours, int hours)
    {
        var id = await sessions.BeginAsync(Token, Hash, Samples.Start.AddHours(secretHours), default);
        time.Still = Samples.Start.AddHours(hours).AddTicks(-1);
        Assert.That(await sessions.FindAsync(id, default), Is.Not.Null);
        time.Still = Samples.Start.AddHours(hours);
        Assert.That(await sessions.FindAsync(id, default), Is.Null);
    }

    [Test]
    public async Task Expired_and_damaged_sessions_are_removed_and_no_others()
    {
        var old = await sessions.BeginAsync(Token, Hash, expires: null, default);
        time.Still = Samples.Start.AddHours(6);
        var young = await sessions.BeginAsync(Token, Hash, expires: null, default);
        await storage.Documents.PutAsync(Key("damaged"), "{}", Precondition.Absent, default);
        await storage.Documents.PutAsync(Key("later"), """{"schema":2}""", Precondition.Absent, default);
        await storage.Documents.PutAsync(StoreKeys.Session("stray"), "{}", Precondition.Absent, default);
        time.Still = Samples.Start.AddHours(12);
        Assert.That(await sessions.RemoveExpiredAsync(default), Is.EqualTo(3));
        Assert.That(
            storage.StoredDocuments.Keys, Is.EquivalentTo(new[] { young.Key.Key, Key("later") }), old.Key.Value);
        Assert.That(await sessions.RemoveExpiredAsync(default), Is.Zero);
    }

    [TestCase("{}")]
    [TestCase("not JSON")]
    [TestCase("""{"schema":2}""")]
    [TestCase("""{"schema":1,"token":"x","proof":"","created_at":"2026-01-02","expires_at":"2026-01-03"}""")]
    public async Task A_session_that_cannot_be_read_has_ended(string content)
    {
        var id = await sessions.BeginAsync(Token, Hash, expires: null, default);
        await storage.Documents.PutAsync(id.Key.Key, content, Precondition.None, default);
        Assert.That(await replica.FindAsync(id, default), Is.Null);
        Assert.That(log.Entries.Single().Message, Does.Contain(id.Key.Value).And.Not.Contain(id.Text));
    }

    [Test]
    public async Task A_fault_of_the_storage_is_not_an_ended_session()
    {
        var id = await sessions.BeginAsync(Token, Hash, expires: null, default);
        faults.FailAll(new StorageException(StorageFault.Unavailable, "down"));
        Assert.That(async () => await replica.FindAsync(id, default), Throws.TypeOf<StorageException>());
        Assert.That(async () => await replica.EndAsync(id, default), Throws.TypeOf<StorageException>());
    }

    [Test]
    public async Task A_session_whose_write_lost_its_answer_begins()
    {
        faults.After = call =>
        {
            if (call.Operation != StorageOperation.PutDocument)
                return default;
            faults.Clear();
            throw new StorageException(StorageFault.Unavailable, "The answer was lost.");
        };
        var id = await sessions.BeginAsync(Token, Hash, expires: null, default);
        Assert.That(await replica.FindAsync(id, default), Is.Not.Null);
    }

    [Test]
    public void A_full_storage_begins_no_session()
    {
        faults.Before = static call => call.Operation == StorageOperation.PutDocument
            ? throw new StorageException(StorageFault.Full, "full")
            : default;
        Assert.That(
            async () => await sessions.BeginAsync(Token, Hash, expires: null, default),
            Throws.TypeOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.Full));
    }

    [TestCase("")]
    [TestCase("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [TestCase("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [TestCase("AAAAAAAAAAAAAAAAAAAAA/AAAAAAAAAAAAAAAAAAAAA")]
    [TestCase("AAAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_no_id_is_refused_without_asking_the_storage(string text) =>
        Assert.That(SessionId.TryParse(text, out _), Is.False);

    private static StoreKey Key(string text) =>
        StoreKeys.Session(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));

    private AccessSessions Open(IDocumentStore documents) => new(
        new FaultyDocumentStore(documents, faults),
        time,
        new UpdateOptions(),
        new LoggerFactory([log]).CreateLogger<AccessSessions>());
}
