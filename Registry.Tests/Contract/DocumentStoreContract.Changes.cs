using System.Globalization;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class DocumentStoreContract
{
    /// <summary>False for a backend that always asks for a listing.</summary>
    protected virtual bool TellsChanges => true;

    /// <summary>True for a backend that tells with each change the revision that it gave.</summary>
    protected virtual bool TellsRevisions => false;

    [Test]
    public async Task Who_asks_for_changes_without_a_moment_or_with_a_foreign_one_is_to_list()
    {
        await Documents.PutAsync(Sample, "one", Precondition.Absent, Ct);
        var first = await Documents.ChangesAsync(StoreKeys.Packages, null, Ct);
        Assert.That(first.Keys, Is.Null);
        Assert.That(first.Token, Is.Not.Null);
        Assert.That((await Documents.ChangesAsync(StoreKeys.Packages, new ForeignToken(), Ct)).Keys, Is.Null);
        Assert.That(async () => await Documents.ChangesAsync(StoreKeys.Packages, first.Token, Cancelled), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Whatever_was_written_is_told_and_nothing_else()
    {
        // A storage that nobody ever wrote to may not know any moment.
        await Documents.PutAsync(Key("packages", "a", "deleted"), "x", Precondition.Absent, Ct);
        await Documents.PutAsync(Key("packages", "a", "replaced"), "x", Precondition.Absent, Ct);
        await Documents.PutAsync(Key("packages", "a", "left"), "x", Precondition.Absent, Ct);
        var first = await Documents.ChangesAsync(StoreKeys.Packages, null, Ct);

        await Two.Documents.PutAsync(Key("packages", "a", "created"), "x", Precondition.Absent, Ct);
        await One.Documents.PutAsync(Key("packages", "a", "replaced"), "y", Precondition.None, Ct);
        await Two.Documents.PutAsync(Key("packages", "a", "replaced"), "z", Precondition.None, Ct);
        await One.Documents.TryDeleteAsync(Key("packages", "a", "deleted"), Precondition.None, Ct);
        await One.Documents.PutAsync(Key("packages", "passing"), "x", Precondition.Absent, Ct);
        await Two.Documents.TryDeleteAsync(Key("packages", "passing"), Precondition.None, Ct);
        await Two.Documents.PutAsync(Key("other", "a", "created"), "x", Precondition.Absent, Ct);
        await Two.Documents.PutAsync(Key("packages"), "x", Precondition.Absent, Ct);
        var second = await Documents.ChangesAsync(StoreKeys.Packages, first.Token, Ct);
        var third = await Documents.ChangesAsync(StoreKeys.Packages, second.Token, Ct);
        var again = await Documents.ChangesAsync(StoreKeys.Packages, first.Token, Ct);
        if (!TellsChanges)
        {
            Assert.That((second.Keys, third.Keys), Is.EqualTo(((object?)null, (object?)null)));
            return;
        }

        string[] expected = ["packages/a/created", "packages/a/deleted", "packages/a/replaced", "packages/passing"];
        Assert.That(second.Keys?.Select(key => key.Value), Is.SupersetOf(expected));
        Assert.That(second.Keys?.Select(key => key.Value), Is.All.StartsWith("packages/"));
        Assert.That(third.Keys, Is.Empty);
        Assert.That(again.Keys?.Select(key => key.Value), Is.SupersetOf(expected), "a moment can be asked with more than once");
    }

    [Test]
    public async Task A_revision_that_is_told_is_that_of_the_document_or_of_its_delete()
    {
        await Documents.PutAsync(Key("packages", "a", "deleted"), "x", Precondition.Absent, Ct);
        var first = await Documents.ChangesAsync(StoreKeys.Packages, null, Ct);
        var created = await Two.Documents.PutAsync(Key("packages", "a", "created"), "x", Precondition.Absent, Ct);
        var one = await Documents.ChangesAsync(StoreKeys.Packages, first.Token, Ct);
        var replaced = await Two.Documents.PutAsync(Key("packages", "a", "created"), "y", Precondition.None, Ct);
        await One.Documents.TryDeleteAsync(Key("packages", "a", "deleted"), Precondition.None, Ct);
        await Two.Documents.PutAsync(Key("other", "a"), "x", Precondition.Absent, Ct);
        var several = await Documents.ChangesAsync(StoreKeys.Packages, first.Token, Ct);

        Assert.That(one.Revisions?[Key("packages", "a", "created")], Is.Null.Or.EqualTo(created));
        Assert.That(several.Revisions?[Key("packages", "a", "created")], Is.Null.Or.EqualTo(replaced));
        Assert.That(several.Revisions?.GetValueOrDefault(Key("packages", "a", "deleted")), Is.Null.Or.Not.EqualTo(replaced));
        Assert.That((one.Revisions is not null, several.Revisions is not null), Is.EqualTo((TellsRevisions, TellsRevisions)));
        Assert.That(several.Revisions?.Keys, Is.Null.Or.SubsetOf(several.Keys ?? []));
    }

    [Test]
    public async Task A_write_that_was_refused_changes_nothing_that_is_told()
    {
        var revision = await Documents.PutAsync(Sample, "one", Precondition.Absent, Ct);
        var first = await Documents.ChangesAsync(StoreKeys.Packages, null, Ct);
        Assert.That(await Documents.TryPutAsync(Sample, "two", Precondition.Absent, Ct), Is.Null);
        Assert.That(await Documents.TryDeleteAsync(Sample, Precondition.Matches(new Revision("1")), Ct), Is.False);
        Assert.That(await Documents.TryDeleteAsync(Key("packages", "none"), Precondition.Matches(revision), Ct), Is.False);
        Assert.That((await Documents.ChangesAsync(StoreKeys.Packages, first.Token, Ct)).Keys, TellsChanges ? Is.Empty : Is.Null);
    }

    [Test]
    public async Task Many_changes_between_two_questions_are_all_told_or_a_listing_is_asked_for()
    {
        var keys = await PutManyAsync(300);
        var picture = new Picture(Documents);
        await picture.RefreshAsync(Ct);
        foreach (var key in keys.Take(100))
            await Instance(key.Length).Documents.TryDeleteAsync(StoreKeyOf(key), Precondition.None, Ct);
        for (var round = 0; round < 150; round++)
            await Instance(round).Documents.PutAsync(StoreKeyOf(keys[299]), $"{round}", Precondition.None, Ct);
        await picture.RefreshAsync(Ct);
        Assert.That(picture.Texts.Keys.Select(key => key.Value).Order(StringComparer.Ordinal), Is.EqualTo(keys.Skip(100)));
        Assert.That(picture.Texts[StoreKeyOf(keys[299])], Is.EqualTo("149"));
    }

    [Test]
    public async Task Who_follows_the_changes_always_has_what_was_acknowledged_before_he_asked()
    {
        const int Writers = 8;
        const int Each = 30;
        var (acknowledged, begun) = (new int[Writers], new int[Writers]);
        using var written = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var pictures = new[] { new Picture(One.Documents), new Picture(Two.Documents), new Picture(One.Documents, Two.Documents) };
        var following = pictures.Select(picture => Task.Run(async () =>
        {
            do
            {
                int[] before = [.. acknowledged.Select((_, i) => Volatile.Read(ref acknowledged[i]))];
                await picture.RefreshAsync(Ct);
                for (var i = 0; i < Writers; i++)
                {
                    // What the picture shows is the state after some write that had been begun, and none before the last acknowledged.
                    var shown = picture.Texts.GetValueOrDefault(KeyOf(i));
                    var after = Volatile.Read(ref begun[i]);
                    Assert.That(Enumerable.Range(before[i], after - before[i] + 1).Select(StateAfter), Has.Member(shown), $"writer {i}, {before[i]} to {after}");
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
                    await documents.PutAsync(KeyOf(i), text, Precondition.None, Ct);
                else
                    await documents.TryDeleteAsync(KeyOf(i), Precondition.None, Ct);
                Volatile.Write(ref acknowledged[i], write);
            }

            return true;
        });
        await written.CancelAsync();
        await Task.WhenAll(following);
        foreach (var picture in pictures)
        {
            await picture.RefreshAsync(Ct);
            Assert.That(picture.Texts.Select(entry => (entry.Key.Value, entry.Value)).Order(), Is.EqualTo(await TextsAsync()));
        }

        // Two keys of each pair of writers lie in one folder; every fourth write deletes.
        static StoreKey KeyOf(int writer) => Key("packages", $"n{writer / 2}", $"p{writer}");

        static string? StateAfter(int write) => write % 4 == 0 ? null : write.ToString(CultureInfo.InvariantCulture);
    }

    private async Task<List<(string Key, string Text)>> TextsAsync()
    {
        var texts = new List<(string, string)>();
        foreach (var key in await Documents.KeysAsync(StoreKeys.Packages, null, Ct))
            texts.Add((key, (await Documents.GetAsync(StoreKeyOf(key), Ct))!.Text()));
        return texts;
    }

    private sealed class ForeignToken : ChangeToken;

    /// <summary>A copy of all documents below the packages, kept as the port says: through one instance, or by turns through several.</summary>
    private sealed class Picture(params IDocumentStore[] instances)
    {
        private ChangeToken? token;
        private int turn;

        public Dictionary<StoreKey, string> Texts { get; private set; } = [];

        public async Task RefreshAsync(CancellationToken ct)
        {
            var documents = instances[turn++ % instances.Length];
            var changes = await documents.ChangesAsync(StoreKeys.Packages, token, ct);
            var keys = changes.Keys;
            if (keys is null)
            {
                Texts = [];
                keys = [.. (await documents.KeysAsync(StoreKeys.Packages, null, ct)).Select(StoreKeyOf)];
            }

            foreach (var key in keys)
            {
                if (await documents.GetAsync(key, ct) is { } document)
                    Texts[key] = document.Text();
                else
                    Texts.Remove(key);
            }

            token = changes.Token;
        }
    }
}
