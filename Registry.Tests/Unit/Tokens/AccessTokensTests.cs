using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Access;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Events;
using Registry.Core.Storage;
using Registry.Core.Tokens;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Tokens;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class AccessTokensTests
{
    private static readonly Caller Root = Caller.Command("token create");

    private readonly InMemoryStorage storage = new();
    private readonly StorageFaults faults = new();
    private readonly ShiftedTime time = new() { Still = Samples.Start.AddMilliseconds(700) };
    private readonly List<RegistryEvent> events = [];
    private readonly AccessTokens tokens;
    private readonly AccessTokens replica;

    public AccessTokensTests() =>
        (tokens, replica) = (Open(NullLogger<AccessTokens>.Instance), Open(NullLogger<AccessTokens>.Instance));

    [Test]
    public async Task An_issued_token_is_found_on_every_replica()
    {
        var (token, secret) = await IssueAsync("team/**=pull,push", "90d");
        Assert.That(await tokens.FindAsync(secret, default), Is.EqualTo(token).UsingPropertiesComparer());
        var found = await replica.FindAsync(secret, default);
        Assert.That(found!.Name.Value, Is.EqualTo("ci"));
        Assert.That(found.Scopes.ToString(), Is.EqualTo("team/**=pull,push"));
        Assert.That((found.CreatedAt, found.ExpiresAt), Is.EqualTo((Samples.Start, Samples.Start.AddDays(90))));
        Assert.That(found.Issuer, Is.EqualTo("command"));
    }

    [Test]
    public async Task The_stored_document_does_not_contain_the_secret()
    {
        var (token, secret) = await IssueAsync("team/**=pull");
        var stored = await storage.Documents.GetAsync(token.Id.Key, default);
        Assert.That(Encoding.UTF8.GetString(stored!.Content.Span), Does.Not.Contain(secret.Text[17..]));
    }

    [Test]
    public async Task An_unknown_token_is_refused() =>
        Assert.That(await tokens.FindAsync(TokenSecret.Create(), default), Is.Null);

    [Test]
    public async Task A_token_with_the_wrong_secret_is_refused()
    {
        var (token, secret) = await IssueAsync("team/**=pull");
        await storage.Documents.TryPutAsync(
            token.Id.Key,
            StoredToken.Write(token with { SecretHash = [.. TokenSecret.Create().Hash()] }),
            Precondition.None,
            default);
        Assert.That(await tokens.FindAsync(secret, default), Is.Null);
    }

    [Test]
    public async Task A_token_expires_at_its_time()
    {
        var (_, secret) = await IssueAsync("team/**=pull", "30m");
        time.Still = Samples.Start.AddMinutes(30).AddTicks(-1);
        Assert.That(await tokens.FindAsync(secret, default), Is.Not.Null);
        time.Still = Samples.Start.AddMinutes(30);
        Assert.That(await tokens.FindAsync(secret, default), Is.Null);
        Assert.That(await ListAsync(Root), Has.Count.EqualTo(1), "an expired token is listed");
    }

    [Test]
    public async Task A_token_is_removed_30_days_after_it_expired()
    {
        var (kept, _) = await IssueAsync("team/**=pull", "never");
        var (expired, secret) = await IssueAsync("team/**=pull", "1d");
        time.Still = Samples.Start.AddDays(31).AddTicks(-1);
        Assert.That(await tokens.RemoveExpiredAsync(default), Is.Zero);
        Assert.That(await ListAsync(Root), Has.Count.EqualTo(2));
        time.Still = Samples.Start.AddDays(31);
        Assert.That(
            await tokens.RemoveExpiredAsync(default) + await replica.RemoveExpiredAsync(default), Is.EqualTo(1));
        Assert.That((await ListAsync(Root)).Select(static token => token.Id), Is.EqualTo(new[] { kept.Id }));
        Assert.That(await replica.FindAsync(secret, default), Is.Null);
        var removed = events.Single(static raised => raised.Action == RegistryAction.TokenRemoved);
        Assert.That(
            (removed.Resource, removed.TokenName, removed.Caller.Name),
            Is.EqualTo((expired.Id.Value, "ci", "collector")));
    }

    [Test]
    public async Task A_token_that_was_issued_again_meanwhile_is_not_removed()
    {
        var (expired, _) = await IssueAsync("team/**=pull", "1d");
        time.Still = Samples.Start.AddDays(40);
        IssuedToken? again = null;
        faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.DeleteDocument)
                return;
            faults.Clear();
            Assert.That(await replica.RemoveExpiredAsync(default), Is.EqualTo(1));
            again = await replica.IssueAsync(New("team/**=pull", "1d") with { Id = expired.Id }, Root, default);
        };
        Assert.That(await tokens.RemoveExpiredAsync(default), Is.Zero);
        Assert.That(await tokens.FindAsync(again!.Secret, default), Is.Not.Null);
    }

    [Test]
    public async Task A_damaged_token_does_not_keep_expired_ones_from_being_removed()
    {
        var (damaged, _) = await IssueAsync("team/app=pull");
        await storage.Documents.TryPutAsync(damaged.Id.Key, "{}"u8.ToArray(), Precondition.None, default);
        await IssueAsync("team/**=pull", "1d");
        time.Still = Samples.Start.AddDays(40);
        Assert.That(await tokens.RemoveExpiredAsync(default), Is.EqualTo(1));
        Assert.That(await storage.Documents.GetAsync(damaged.Id.Key, default), Is.Not.Null);
    }

    [Test]
    public async Task A_revoked_token_is_refused_on_every_replica_at_once([Values] bool sharesChecks)
    {
        var shared = new InMemoryStorage { SharesChecks = sharesChecks };
        var (one, other) = (Open(shared.Documents), Open(shared.Documents));
        var (token, secret) = await one.IssueAsync(New("team/**=pull"), Root, default);
        Assert.That(await one.FindAsync(secret, default), Is.Not.Null);
        Assert.That(await other.FindAsync(secret, default), Is.Not.Null);
        await other.RevokeAsync(token.Id, Root, default);
        Assert.That(await one.FindAsync(secret, default), Is.Null);
        Assert.That(await other.FindAsync(secret, default), Is.Null);
        Assert.That(
            async () => await one.RevokeAsync(token.Id, Root, default),
            Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(ErrorCode.TokenNotFound));
    }

    [Test]
    public async Task A_repeated_revocation_is_not_answered_before_the_first_is_durable()
    {
        var (token, _) = await IssueAsync("team/**=pull");
        await tokens.RevokeAsync(token.Id, Root, default);
        faults.Before = static call => call.Operation == StorageOperation.EnsureDurable
            ? throw new StorageException(StorageFault.Unavailable, "not flushed")
            : default;
        Assert.That(
            async () => await tokens.RevokeAsync(token.Id, Root, default),
            Throws.TypeOf<StorageException>().With.Message.EqualTo("not flushed"));
    }

    [Test]
    public async Task A_fault_of_the_storage_is_not_a_wrong_token()
    {
        var (_, secret) = await IssueAsync("team/**=pull");
        faults.FailAll(new StorageException(StorageFault.Unavailable, "down"));
        Assert.That(async () => await replica.FindAsync(secret, default), Throws.TypeOf<StorageException>());
    }

    [Test]
    public async Task A_token_whose_write_lost_its_response_is_issued_once()
    {
        faults.After = call =>
        {
            if (call.Operation != StorageOperation.PutDocument)
                return default;
            faults.Clear();
            throw new StorageException(StorageFault.Unavailable, "The response was lost.");
        };
        var (_, secret) = await IssueAsync("team/**=pull");
        Assert.That(await tokens.FindAsync(secret, default), Is.Not.Null);
        Assert.That(await ListAsync(Root), Has.Count.EqualTo(1));
        Assert.That(events, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_full_storage_issues_no_token()
    {
        faults.Before = static call => call.Operation == StorageOperation.PutDocument
            ? throw new StorageException(StorageFault.Full, "full")
            : default;
        Assert.That(
            async () => await IssueAsync("team/**=pull"),
            Throws.TypeOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.Full));
        Assert.That(events, Is.Empty);
    }

    [Test]
    public async Task The_day_of_the_last_use_is_recorded_once()
    {
        var (token, secret) = await IssueAsync("team/**=pull");
        for (var i = 0; i < 3; i++)
            await tokens.FindAsync(secret, default);
        Assert.That(() => LastUsed(token.Id), Is.EqualTo(new DateOnly(2026, 1, 2)).After(10_000, 10));
        var writes = storage.Written.Count;
        time.Still = Samples.Start.AddDays(1);
        await tokens.FindAsync(secret, default);
        Assert.That(() => LastUsed(token.Id), Is.EqualTo(new DateOnly(2026, 1, 3)).After(10_000, 10));
        Assert.That(storage.Written, Has.Count.EqualTo(writes + 1));
    }

    [Test]
    public async Task Uses_of_earlier_days_are_forgotten()
    {
        var (revoked, secret) = await IssueAsync("team/**=pull");
        var (used, usedSecret) = await IssueAsync("team/**=pull");
        await tokens.FindAsync(secret, default);
        Assert.That(() => LastUsed(revoked.Id), Is.Not.Null.After(10_000, 10));
        await tokens.RevokeAsync(revoked.Id, Root, default);
        await tokens.RemoveExpiredAsync(default);
        Assert.That(tokens.RecordedCount, Is.EqualTo(1), "a use of today is not noted again");

        time.Still = Samples.Start.AddDays(1);
        await tokens.FindAsync(usedSecret, default);
        Assert.That(() => LastUsed(used.Id), Is.Not.Null.After(10_000, 10));
        Assert.That(
            () =>
            {
                tokens.RemoveExpiredAsync(default).GetAwaiter().GetResult();
                return tokens.RecordedCount;
            },
            Is.EqualTo(1).After(10_000, 10));
        var writes = storage.Written.Count;
        await tokens.FindAsync(usedSecret, default);
        Assert.That(storage.Written, Has.Count.EqualTo(writes));
    }

    [Test]
    public async Task A_use_in_progress_is_not_forgotten_before_it_is_stored()
    {
        var (_, secret) = await IssueAsync("team/**=pull");
        var written = new TaskCompletionSource();
        faults.Before = async call =>
        {
            if (call.Operation == StorageOperation.PutDocument)
                await written.Task;
        };
        await tokens.FindAsync(secret, default);
        time.Still = Samples.Start.AddDays(1);
        await tokens.RemoveExpiredAsync(default);
        var closed = tokens.DisposeAsync().AsTask();
        Assert.That(closed.IsCompleted, Is.False);
        written.SetResult();
        await closed;
    }

    [Test]
    public async Task A_full_storage_refuses_no_token_and_is_asked_once_a_day()
    {
        using var log = new LogRecorder();
        using var loggers = new LoggerFactory([log]);
        var (_, secret) = await IssueAsync("team/**=pull");
        var logged = Open(loggers.CreateLogger<AccessTokens>());
        var attempts = 0;
        faults.Before = call =>
        {
            if (call.Operation != StorageOperation.PutDocument)
                return default;
            Interlocked.Increment(ref attempts);
            throw new StorageException(StorageFault.Full, "full");
        };
        for (var i = 0; i < 5; i++)
            Assert.That(await logged.FindAsync(secret, default), Is.Not.Null);
        Assert.That(
            () => log.Entries.Select(static entry => entry.Message),
            Is.EqualTo(new[] { $"The last use of token {secret.Id} could not be stored" }).After(10_000, 10));
        Assert.That(attempts, Is.EqualTo(1));
    }

    [Test]
    public async Task Recording_a_use_does_not_restore_a_revoked_token()
    {
        var (token, secret) = await IssueAsync("team/**=pull");
        var (held, written) = (new TaskCompletionSource(), new TaskCompletionSource());
        faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.PutDocument)
                return;
            held.SetResult();
            await written.Task;
        };
        await tokens.FindAsync(secret, default);
        await held.Task;
        faults.Clear();
        await replica.RevokeAsync(token.Id, Root, default);
        written.SetResult();
        await tokens.FindAsync(secret, default);
        Assert.That(await tokens.FindAsync(secret, default), Is.Null);
        Assert.That(await storage.Documents.GetAsync(token.Id.Key, default), Is.Null);
    }

    [TestCase("team/**=pull,push,admin", "team/app=pull")]
    [TestCase("team/**=pull,push,admin", "team/a/**=pull,push,admin")]
    [TestCase("**=pull team/*=admin", "team/app=pull")]
    public async Task A_caller_gives_what_it_administers_and_has(string own, string given) =>
        Assert.That((await tokens.IssueAsync(New(given), Holder(own), default)).Token.Issuer, Is.EqualTo("token me"));

    [TestCase("team/**=pull,push", "team/app=pull", "team/app=pull")]
    [TestCase("team/**=admin", "team/app=pull", "team/app=pull")]
    [TestCase("team/*=pull,admin", "team/**=pull", "team/**=pull")]
    [TestCase("team/**=pull,admin", "team/app=pull other/app=pull", "other/app=pull")]
    [TestCase("team/**=pull,admin", "team/app=pull,push", "team/app=pull,push")]
    [TestCase("team/**=pull,admin", "**=pull", "**=pull")]
    [TestCase("**=pull,push,delete,admin", "kar:a/b=pull", "kar:a/b=pull")]
    [TestCase("team/**=pull,admin", "teamster/app=pull", "teamster/app=pull")]
    public async Task A_caller_cannot_give_more(string own, string given, string missing)
    {
        var refusal = await Assert.ThrowsAsync<RegistryException>(
            async () => await tokens.IssueAsync(New(given), Holder(own), default));
        Assert.That(refusal!.Code, Is.EqualTo(ErrorCode.Forbidden));
        Assert.That(
            refusal.Message,
            Is.EqualTo($"You need admin and all of the actions on every scope of the token: {missing}"));
        Assert.That(refusal.Details.Single().Value, Is.EqualTo(new[] { missing }));
        Assert.That(storage.Written, Is.Empty);
    }

    [TestCase(CallerKind.Anonymous)]
    [TestCase(CallerKind.Identity)]
    public void Only_tokens_and_administrators_issue_tokens(CallerKind kind) =>
        Assert.That(
            async () => await tokens.IssueAsync(
                New("a/b=pull"), Root with { Kind = kind, Scopes = ScopeSet.Everything }, default),
            Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(ErrorCode.Forbidden));

    [TestCase("90d", "2026-01-03T03:04:05Z")]
    [TestCase("never", "2026-01-03T03:04:05Z")]
    [TestCase("1h", "2026-01-02T04:04:05Z")]
    public async Task A_token_expires_no_later_than_its_issuer(string lifetime, string expires)
    {
        var issuer = Holder("**=pull,admin") with { ExpiresAt = Samples.Start.AddDays(1) };
        var (token, _) = await tokens.IssueAsync(New("a/b=pull", lifetime), issuer, default);
        Assert.That($"{token.ExpiresAt:yyyy-MM-dd'T'HH:mm:ss'Z'}", Is.EqualTo(expires));
    }

    [Test]
    public void A_token_has_1_to_100_scopes()
    {
        Assert.That(
            async () => await tokens.IssueAsync(New(""), Root, default),
            Throws.TypeOf<RegistryException>()
                .With.Message.EqualTo("scopes is empty; expected at least one scope, such as team/**=pull,push"));
        Assert.That(
            async () => await tokens.IssueAsync(
                New(string.Join(' ', Enumerable.Range(0, 101).Select(static i => $"a/n{i}=pull"))), Root, default),
            Throws.TypeOf<RegistryException>().With.Message.EqualTo("scopes has 101 scopes; expected at most 100"));
        Assert.That(storage.Written, Is.Empty);
    }

    [Test]
    public async Task A_caller_sees_and_revokes_only_what_it_administers()
    {
        var (mine, _) = await IssueAsync("team/app=pull,push");
        var (mixed, _) = await IssueAsync("team/app=pull other/app=pull");
        var (deep, _) = await IssueAsync("team/**=pull");
        var me = Holder("team/*=admin");
        Assert.That((await ListAsync(me)).Select(static token => token.Id), Is.EqualTo(new[] { mine.Id }));
        Assert.That((await tokens.GetAsync(mine.Id, me, default)).Id, Is.EqualTo(mine.Id));
        foreach (var foreign in (AccessToken[])[mixed, deep])
        {
            Assert.That(async () => await tokens.GetAsync(foreign.Id, me, default), ThrowsNotFound());
            Assert.That(async () => await tokens.RevokeAsync(foreign.Id, me, default), ThrowsNotFound());
        }

        await tokens.RevokeAsync(mine.Id, me, default);
        Assert.That(await ListAsync(Root), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_token_may_read_but_not_revoke_itself()
    {
        var (token, _) = await IssueAsync("team/app=pull");
        var self = Holder("team/app=pull") with { Id = token.Id.Value };
        Assert.That((await tokens.GetAsync(token.Id, self, default)).Name.Value, Is.EqualTo("ci"));
        Assert.That(async () => await tokens.RevokeAsync(token.Id, self, default), ThrowsNotFound());
    }

    [Test]
    public async Task A_damaged_token_is_a_fault_and_can_be_revoked_by_who_administers_everything()
    {
        var (token, secret) = await IssueAsync("team/app=pull");
        await storage.Documents.TryPutAsync(token.Id.Key, "{}"u8.ToArray(), Precondition.None, default);
        Assert.That(
            async () => await replica.FindAsync(secret, default),
            Throws.TypeOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.Corrupt));
        var (other, _) = await IssueAsync("team/app=pull");
        var listed = await replica.ListAsync(Root, default);
        Assert.That(listed.Tokens.Select(static each => each.Id), Is.EqualTo(new[] { other.Id }));
        Assert.That(listed.Unreadable.Select(static each => each.Id), Is.EqualTo(new[] { token.Id.Value }));
        Assert.That(
            async () => await replica.RevokeAsync(token.Id, Holder("**=admin"), default),
            Throws.TypeOf<StorageException>());
        await replica.RevokeAsync(token.Id, Root, default);
        Assert.That(await ListAsync(Root), Has.Count.EqualTo(1));
        Assert.That((await replica.ListAsync(Root, default)).Unreadable, Is.Empty);
    }

    [Test]
    public async Task A_token_of_a_later_version_is_not_damaged()
    {
        var (token, secret) = await IssueAsync("team/app=pull");
        await storage.Documents.TryPutAsync(token.Id.Key, """{"schema":2}"""u8.ToArray(), Precondition.None, default);
        Assert.That(
            async () => await replica.FindAsync(secret, default),
            Throws.TypeOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.NewerSchema));
    }

    [Test]
    public async Task Issuing_and_revoking_raise_an_event_without_the_secret()
    {
        var (token, secret) = await IssueAsync("team/app=pull");
        await tokens.RevokeAsync(token.Id, Root, default);
        Assert.That(
            events.Select(static raised => (raised.Action, raised.Resource, raised.TokenName, raised.Scopes)),
            Is.EqualTo(new[]
            {
                (RegistryAction.TokenIssued, token.Id.Value, "ci", "team/app=pull"),
                (RegistryAction.TokenRevoked, token.Id.Value, "ci", "team/app=pull"),
            }));
        Assert.That(string.Join('\n', events), Does.Not.Contain(secret.Text[17..]));
    }

    private static NUnit.Framework.Constraints.EqualConstraint<ErrorCode> ThrowsNotFound() =>
        Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(ErrorCode.TokenNotFound);

    private static Caller Holder(string scopes) =>
        new(CallerKind.Token, "me", "test", "192.0.2.1", "1") { Id = "me", Scopes = Samples.Scopes(scopes) };

    private static NewToken New(string scopes, string lifetime = "never") => new(
        Samples.TokenName("ci"),
        Samples.Scopes(scopes),
        TokenLifetime.TryParse(lifetime, out var parsed, out var problem)
            ? parsed
            : throw new ArgumentException(problem));

    private AccessTokens Open(ILogger<AccessTokens> logger) => Open(storage.Documents, logger);

    private AccessTokens Open(IDocumentStore documents, ILogger<AccessTokens>? logger = null) => new(
        new FaultyDocumentStore(documents, faults),
        time,
        new UpdateOptions(),
        new RegistryEvents([new Sink(events)], time, NullLogger<RegistryEvents>.Instance),
        logger ?? NullLogger<AccessTokens>.Instance);

    private Task<IssuedToken> IssueAsync(string scopes, string lifetime = "never") =>
        tokens.IssueAsync(New(scopes, lifetime), Root, default);

    private async Task<IReadOnlyList<AccessToken>> ListAsync(Caller caller) =>
        (await tokens.ListAsync(caller, default)).Tokens;

    private DateOnly? LastUsed(TokenId id) =>
        tokens.GetAsync(id, Root, default).GetAwaiter().GetResult().LastUsed;

    private sealed class Sink(List<RegistryEvent> events) : IRegistryEventSink
    {
        public void Receive(RegistryEvent registryEvent) => events.Add(registryEvent);
    }
}
