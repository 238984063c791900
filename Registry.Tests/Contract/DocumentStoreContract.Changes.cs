using System.Globalization;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class DocumentStoreContract
{
    /// <summary>False for a backend that always requires a listing.</summary>
    protected virtual bool ReportsChanges => true;

    /// <summary>True for a backend that reports the revision of each change.</summary>
    protected virtual bool ReportsRevisions => false;

    [Test]
    public async Task Without_a_token_or_with_a_foreign_one_changes_require_a_listing()
    {
        await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        var first = await Documents.ChangesAsync(StoreKeys.Packages, null, CancellationToken);
        Assert.That(first.Keys, Is.Null);
        Assert.That(first.Token, Is.Not.Null);
        Assert.That(
            (await Documents.ChangesAsync(StoreKeys.Packages, new ForeignToken(), CancellationToken)).Keys, Is.Null);
        Assert.That(
            async () => await Documents.ChangesAsync(StoreKeys.Packages, first.Token, Cancelled),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Changes_report_every_write_of_the_scope_and_nothing_else()
    {
        // A storage that was never written to may have no token.
        await Documents.PutAsync(Key("packages", "a", "deleted"), "x", Precondition.Absent, CancellationToken);
        await Documents.PutAsync(Key("packages", "a", "replaced"), "x", Precondition.Absent, CancellationToken);
        await Documents.PutAsync(Key("packages", "a", "left"), "x", Precondition.Absent, CancellationToken);
        var first = await Documents.ChangesAsync(StoreKeys.Packages, null, CancellationToken);

        await Two.Documents.PutAsync(Key("packages", "a", "created"), "x", Precondition.Absent, CancellationToken);
        await One.Documents.PutAsync(Key("packages", "a", "replaced"), "y", Precondition.None, CancellationToken);
        await Two.Documents.PutAsync(Key("packages", "a", "replaced"), "z", Precondition.None, CancellationToken);
        await One.Documents.TryDeleteAsync(Key("packages", "a", "deleted"), Precondition.None, CancellationToken);
        await One.Documents.PutAsync(Key("packages", "passing"), "x", Precondition.Absent, CancellationToken);
        await Two.Documents.TryDeleteAsync(Key("packages", "passing"), Precondition.None, CancellationToken);
        await Two.Documents.PutAsync(Key("other", "a", "created"), "x", Precondition.Absent, CancellationToken);
        await Two.Documents.PutAsync(Key("packages"), "x", Precondition.Absent, CancellationToken);
        var second = await Documents.ChangesAsync(StoreKeys.Packages, first.Token, CancellationToken);
        var third = await Documents.ChangesAsync(StoreKeys.Packages, second.Token, CancellationToken);
        var again = await Documents.ChangesAsync(StoreKeys.Packages, first.Token, CancellationToken);
        if (!ReportsChanges)
        {
            Assert.That((second.Keys, third.Keys), Is.EqualTo(((object?)null, (object?)null)));
            return;
        }

        string[] expected = ["packages/a/created", "packages/a/deleted", "packages/a/replaced", "packages/passing"];
        Assert.That(second.Keys?.Select(key => key.Value), Is.SupersetOf(expected));
        Assert.That(second.Keys?.Select(key => key.Value), Is.All.StartsWith("packages/"));
        Assert.That(third.Keys, Is.Empty);
        Assert.That(
            again.Keys?.Select(key => key.Value), Is.SupersetOf(expected), "a token can be used more than once");
    }

    [Test]
    public async Task A_reported_revision_is_that_of_the_document_or_of_its_delete()
    {
        await Documents.PutAsync(Key("packages", "a", "deleted"), "x", Precondition.Absent, CancellationToken);
        var first = await Documents.ChangesAsync(StoreKeys.Packages, null, CancellationToken);
        var created =
            await Two.Documents.PutAsync(Key("packages", "a", "created"), "x", Precondition.Absent, CancellationToken);
        var one = await Documents.ChangesAsync(StoreKeys.Packages, first.Token, CancellationToken);
        var replaced =
            await Two.Documents.PutAsync(Key("packages", "a", "created"), "y", Precondition.None, CancellationToken);
        await One.Documents.TryDeleteAsync(Key("packages", "a", "deleted"), Precondition.None, CancellationToken);
        await Two.Documents.PutAsync(Key("other", "a"), "x", Precondition.Absent, CancellationToken);
        var several = await Documents.ChangesAsync(StoreKeys.Packages, first.Token, CancellationToken);

        Assert.That(one.Revisions?[Key("packages", "a", "created")], Is.Null.Or.EqualTo(created));
        Assert.That(several.Revisions?[Key("packages", "a", "created")], Is.Null.Or.EqualTo(replaced));
        Assert.That(
            several.Revisions?.GetValueOrDefault(Key("packages", "a", "deleted")), Is.Null.Or.Not.EqualTo(replaced));
        Assert.That(
            (one.Revisions is not null, several.Revisions is not null),
            Is.EqualTo((ReportsRevisions, ReportsRevisions)));
        Assert.That(several.Revisions?.Keys, Is.Null.Or.SubsetOf(several.Keys ?? []));
    }

    [Test]
    public async Task A_refused_write_is_not_reported_as_a_change()
    {
        var revision = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        var first = await Documents.ChangesAsync(StoreKeys.Packages, null, CancellationToken);
        Assert.That(await Documents.TryPutAsync(Sample, "two", Precondition.Absent, CancellationToken), Is.Null);
        Assert.That(
            await Documents.TryDeleteAsync(Sample, Precondition.Matches(new Revision("1")), CancellationToken),
            Is.False);
        Assert.That(
            await Documents.TryDeleteAsync(Key("packages", "none"), Precondition.Matches(revision), CancellationToken),
            Is.False);
        Assert.That(
            (await Documents.ChangesAsync(StoreKeys.Packages, first.Token, CancellationToken)).Keys,
            ReportsChanges ? Is.Empty : Is.Null);
    }

    [Test]
    public async Task Many_changes_between_two_calls_are_all_reported_or_require_a_listing()
    {
        var keys = await PutManyAsync(300);
        var snapshot = new FeedSnapshot(Documents);
        await snapshot.RefreshAsync(CancellationToken);
        foreach (var key in keys.Take(100))
            await Instance(key.Length).Documents.TryDeleteAsync(StoreKeyOf(key), Precondition.None, CancellationToken);
        for (var round = 0; round < 150; round++)
            await Instance(round).Documents.PutAsync(
                StoreKeyOf(keys[299]), $"{round}", Precondition.None, CancellationToken);
        await snapshot.RefreshAsync(CancellationToken);
        Assert.That(
            snapshot.Texts.Keys.Select(key => key.Value).Order(StringComparer.Ordinal), Is.EqualTo(keys.Skip(100)));
        Assert.That(snapshot.Texts[StoreKeyOf(keys[299])], Is.EqualTo("149"));
    }

    [Test]
    public async Task A_follower_of_the_changes_sees_every_write_acknowledged_before_its_call()
    {
        const int Writers = 8;
        const int Each = 30;
        var (acknowledged, begun) = (new int[Writers], new int[Writers]);
        using var written = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        var snapshots = new[]
        {
            new FeedSnapshot(One.Documents),
            new FeedSnapshot(Two.Documents),
            new FeedSnapshot(One.Documents, Two.Documents)
        };
        var following = snapshots.Select(snapshot => Task.Run(async () =>
        {
            do
            {
                int[] before = [.. acknowledged.Select((_, i) => Volatile.Read(ref acknowledged[i]))];
                await snapshot.RefreshAsync(CancellationToken);
                for (var i = 0; i < Writers; i++)
                {
                    // The snapshot shows the state after a write that has begun, but none before the acknowledged one.
                    var shown = snapshot.Texts.GetValueOrDefault(KeyOf(i));
                    var after = Volatile.Read(ref begun[i]);
                    Assert.That(
                        Enumerable.Range(before[i], after - before[i] + 1).Select(StateAfter),
                        Has.Member(shown),
                        $"writer {i}, {before[i]} to {after}");
                }
            }
            while (!written.IsCancellationRequested);
        })).ToArray();

        await RaceAsync(Writers, async i =>
        {
            for (var write = 1; write <= Each; write++)
            {
                Volatile.Write(ref begun[i], write);
                var documents = Instance(i + write).Documents;
                if (StateAfter(write) is { } text)
                    await documents.PutAsync(KeyOf(i), text, Precondition.None, CancellationToken);
                else
                    await documents.TryDeleteAsync(KeyOf(i), Precondition.None, CancellationToken);
                Volatile.Write(ref acknowledged[i], write);
            }

            return true;
        });
        await written.CancelAsync();
        await Task.WhenAll(following);
        foreach (var snapshot in snapshots)
        {
            await snapshot.RefreshAsync(CancellationToken);
            Assert.That(
                snapshot.Texts.Select(entry => (entry.Key.Value, entry.Value)).Order(), Is.EqualTo(await TextsAsync()));
        }

        // Two keys of each pair of writers are in one folder; every fourth write deletes.
        static StoreKey KeyOf(int writer) => Key("packages", $"n{writer / 2}", $"p{writer}");

        static string? StateAfter(int write) => write % 4 == 0 ? null : write.ToString(CultureInfo.InvariantCulture);
    }

    private async Task<List<(string Key, string Text)>> TextsAsync()
    {
        var texts = new List<(string, string)>();
        foreach (var key in await Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken))
            texts.Add((key, (await Documents.GetAsync(StoreKeyOf(key), CancellationToken))!.Text()));
        return texts;
    }

    private sealed class ForeignToken : ChangeToken;

    /// <summary>
    /// A copy of all package documents, maintained from the change feed: by one instance, or by several in turn.
    /// </summary>
    private sealed class FeedSnapshot(params IDocumentStore[] instances)
    {
        private ChangeToken? token;
        private int turn;

        public Dictionary<StoreKey, string> Texts { get; private set; } = [];

        public async Task RefreshAsync(CancellationToken cancellationToken)
        {
            var documents = instances[turn++ % instances.Length];
            var changes = await documents.ChangesAsync(StoreKeys.Packages, token, cancellationToken);
            var keys = changes.Keys;
            if (keys is null)
            {
                Texts = [];
                keys = [.. (await documents.KeysAsync(StoreKeys.Packages, null, cancellationToken)).Select(StoreKeyOf)];
            }

            foreach (var key in keys)
            {
                if (await documents.GetAsync(key, cancellationToken) is { } document)
                    Texts[key] = document.Text();
                else
                    Texts.Remove(key);
            }

            token = changes.Token;
        }
    }
}
