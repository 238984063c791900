using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Access;
using Registry.Core.Documents;
using Registry.Core.Maintenance;
using Registry.Core.Storage;
using Registry.Core.Tokens;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Maintenance;

/// <summary>What migration and verification do with tokens.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TokenMaintenanceTests
{
    private static readonly Caller Root = Caller.Command("test");

    private readonly SmallRegistry source = new();
    private readonly SmallRegistry target = new();
    private readonly List<string> findings = [];

    [Test]
    public async Task A_migrated_token_is_valid_at_the_target()
    {
        var issued = await IssueAsync(source);
        var migration = NewMigration();
        Assert.That(await migration.RunAsync(default), Is.True, string.Join('\n', findings));
        Assert.That((migration.Copied.Tokens, migration.Verified.Tokens), Is.EqualTo((1L, 1L)));
        Assert.That(await TokensOf(target).FindAsync(issued.Secret, default), Is.Not.Null);
    }

    [Test]
    public async Task A_write_without_a_response_is_repeated_if_it_was_not_applied([Values] bool isApplied)
    {
        var issued = await IssueAsync(source);
        var writes = 0;
        ValueTask FailOnce(StorageCall call) =>
            call.Operation == StorageOperation.PutDocument && call.Key == issued.Token.Id.Key.Value && writes++ == 0
                ? throw new StorageException(StorageFault.Unavailable, "no response")
                : default;
        if (isApplied)
            target.Faults.After = FailOnce;
        else
            target.Faults.Before = FailOnce;
        var migration = NewMigration();
        Assert.That(await migration.RunAsync(default), Is.True, string.Join('\n', findings));
        Assert.That(writes, Is.EqualTo(isApplied ? 1 : 2));
        Assert.That(migration.Verified.Tokens, Is.EqualTo(1));
        Assert.That(await TokensOf(target).FindAsync(issued.Secret, default), Is.Not.Null);
    }

    [Test]
    public async Task A_token_that_was_used_at_the_target_is_not_copied_again()
    {
        var issued = await IssueAsync(source);
        await NewMigration().RunAsync(default);
        await PutAsync(target, issued.Token with { LastUsed = new DateOnly(2026, 1, 2) });
        var again = NewMigration();
        Assert.That(await again.RunAsync(default), Is.True, string.Join('\n', findings));
        Assert.That((again.Copied.Tokens, again.Present.Tokens), Is.EqualTo((0L, 1L)));
        Assert.That(
            (await TokensOf(target).GetAsync(issued.Token.Id, Root, default)).LastUsed,
            Is.EqualTo(new DateOnly(2026, 1, 2)));
    }

    [Test]
    public async Task A_token_that_differs_at_the_target_is_kept_unless_it_is_to_be_overwritten([Values] bool overwrite)
    {
        var issued = await IssueAsync(source);
        await PutAsync(target, issued.Token with { Scopes = ScopeSet.Everything });
        Assert.That(
            await NewMigration(new MigrationOptions { Overwrite = overwrite }).RunAsync(default),
            Is.EqualTo(overwrite));
        Assert.That(
            findings,
            Is.EqualTo(overwrite ? [] : new[] { $"token {issued.Token.Id}: differs at the target" }));
        Assert.That(
            (await TokensOf(target).GetAsync(issued.Token.Id, Root, default)).Scopes,
            Is.EqualTo(overwrite ? issued.Token.Scopes : ScopeSet.Everything));
    }

    [Test]
    public async Task A_token_that_was_revoked_at_the_source_is_counted_at_the_target()
    {
        var issued = await IssueAsync(source);
        await IssueAsync(source);
        await NewMigration().RunAsync(default);
        await TokensOf(source).RevokeAsync(issued.Token.Id, Root, default);
        var again = NewMigration();
        Assert.That(await again.RunAsync(default), Is.True);
        Assert.That((again.Extra.Tokens, again.Extra.Packages), Is.EqualTo((1L, 0L)));
    }

    [Test]
    public async Task Damaged_tokens_are_reported_and_not_copied()
    {
        var issued = await IssueAsync(source);
        await source.Memory.Documents.TryPutAsync(issued.Token.Id.Key, "{}"u8.ToArray(), Precondition.None, default);
        await source.Memory.Documents.PutAsync(StoreKey.Of("tokens", "stray"), "{}", Precondition.Absent, default);
        Assert.That(await NewMigration().RunAsync(default), Is.False);
        string[] starts = [$"token {issued.Token.Id}: The stored token", "key tokens/stray: is not the key of a token"];
        Assert.That(findings, Has.Count.EqualTo(2));
        foreach (var start in starts)
            Assert.That(findings, Has.One.StartsWith(start));
        Assert.That(target.Memory.StoredDocuments, Is.Empty);

        findings.Clear();
        var verification = new Verification(source.Storage, parallel: 2, Add);
        Assert.That(await verification.RunAsync(default), Is.False);
        Assert.That(verification.Read.Tokens, Is.Zero);
        foreach (var start in starts)
            Assert.That(findings, Has.One.StartsWith(start));
    }

    [Test]
    public async Task Sessions_are_left_behind_and_not_verified()
    {
        await IssueAsync(source);
        var session = StoreKeys.Session("damaged");
        await source.Memory.Documents.PutAsync(session, "{}", Precondition.Absent, default);
        Assert.That(await NewMigration().RunAsync(default), Is.True, string.Join('\n', findings));
        Assert.That(target.Memory.StoredDocuments.Keys, Has.Count.EqualTo(1).And.No.Member(session));
        Assert.That(await new Verification(source.Storage, parallel: 2, Add).RunAsync(default), Is.True);
    }

    [Test]
    public async Task Intact_tokens_are_counted()
    {
        await IssueAsync(source);
        var verification = new Verification(source.Storage, parallel: 2, Add);
        Assert.That(await verification.RunAsync(default), Is.True);
        Assert.That((verification.Read.Tokens, verification.Read.Packages), Is.EqualTo((1L, 0L)));
    }

    private static AccessTokens TokensOf(SmallRegistry registry) => new(
        registry.Memory.Documents,
        TimeProvider.System,
        new UpdateOptions(),
        Samples.Events,
        NullLogger<AccessTokens>.Instance);

    private static Task<IssuedToken> IssueAsync(SmallRegistry registry) => TokensOf(registry).IssueAsync(
        new NewToken(Samples.TokenName("ci"), Samples.Scopes("team/**=pull"), default), Root, default);

    private static async Task PutAsync(SmallRegistry registry, AccessToken token) =>
        await registry.Memory.Documents.TryPutAsync(
            token.Id.Key, StoredToken.Write(token), Precondition.None, default);

    private Migration NewMigration(MigrationOptions? options = null) =>
        new(source.Storage, target.Storage, options ?? new MigrationOptions(), Add);

    private void Add(Finding finding)
    {
        lock (findings)
            findings.Add(finding.ToString());
    }
}
