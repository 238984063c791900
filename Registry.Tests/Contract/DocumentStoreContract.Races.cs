using System.Globalization;
using System.Text;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class DocumentStoreContract
{
    private const int Rounds = 20;
    private const int Racers = 16;

    [Test]
    public async Task Only_one_of_many_concurrent_creates_wins()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var key = Key("packages", "race", $"{round}");
            var results = await RaceAsync(
                Racers,
                async i =>
                    await Instance(i).Documents.TryPutAsync(key, $"{i}", Precondition.Absent, CancellationToken));
            await AssertOneWinnerAsync(key, results);
        }
    }

    [Test]
    public async Task Only_one_of_many_concurrent_replacements_of_a_revision_wins()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var key = Key("packages", "race", $"{round}");
            var seen = await Documents.PutAsync(key, "before", Precondition.Absent, CancellationToken);
            var results = await RaceAsync(
                Racers,
                async i =>
                    await Instance(i).Documents.TryPutAsync(
                        key, $"{i}", Precondition.Matches(seen), CancellationToken));
            await AssertOneWinnerAsync(key, results);
        }
    }

    [Test]
    public async Task Only_one_of_concurrent_deletes_and_puts_of_a_revision_wins()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var seen =
                Precondition.Matches(await Documents.PutAsync(Sample, "before", Precondition.None, CancellationToken));
            var won = await RaceAsync(4, async i => i switch
            {
                0 or 1 => await Instance(i).Documents.TryDeleteAsync(Sample, seen, CancellationToken),
                _ => await Instance(i).Documents.TryPutAsync(Sample, "after", seen, CancellationToken) is not null,
            });
            Assert.That(won.Count(success => success), Is.EqualTo(1));
            var left = await Documents.GetAsync(Sample, CancellationToken);
            Assert.That(left?.Text(), won[0] || won[1] ? Is.Null : Is.EqualTo("after"));
        }
    }

    [Test]
    public async Task No_update_is_lost()
    {
        const int Each = 10;
        const int Writers = 8;
        await Documents.PutAsync(Sample, "0", Precondition.Absent, CancellationToken);
        await RaceAsync(Writers, async i =>
        {
            for (var done = 0; done < Each;)
            {
                var read = await Instance(i).Documents.GetAsync(Sample, CancellationToken);
                var next = int.Parse(read!.Text(), CultureInfo.InvariantCulture) + 1;
                if (await Instance(i).Documents.TryPutAsync(
                    Sample, $"{next}", Precondition.Matches(read!.Revision), CancellationToken) is not null)
                    done++;
            }

            return true;
        });
        Assert.That((await Documents.GetAsync(Sample, CancellationToken))!.Text(), Is.EqualTo($"{Writers * Each}"));
    }

    [Test]
    public async Task Concurrent_unconditional_writes_all_succeed_with_distinct_revisions()
    {
        var revisions = await RaceAsync(
            Racers,
            async i => await Instance(i).Documents.PutAsync(Sample, $"{i}", Precondition.None, CancellationToken));
        Assert.That(revisions, Is.Unique);
        var last = await Documents.GetAsync(Sample, CancellationToken);
        Assert.That(revisions[int.Parse(last!.Text(), CultureInfo.InvariantCulture)], Is.EqualTo(last!.Revision));
    }

    [Test]
    public async Task Reads_during_writes_return_whole_documents_with_matching_revisions()
    {
        await Documents.PutAsync(Sample, "0", Precondition.Absent, CancellationToken);
        using var written = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        var readers = Enumerable.Range(0, 2).Select(i => Task.Run(async () =>
        {
            var texts = new Dictionary<Revision, string>();
            while (!written.IsCancellationRequested)
            {
                var read = await Instance(i).Documents.GetAsync(Sample, CancellationToken);
                var text = read!.Text();
                Assert.That(text.All(c => c == text[0]), Is.True, "no document mixes two writes");
                if (!texts.TryAdd(read!.Revision, text))
                    Assert.That(texts[read.Revision], Is.EqualTo(text), "the bytes of a revision never change");
                await Task.Yield();
            }

            return texts;
        })).ToArray();

        var known = new Dictionary<Revision, string>();
        for (var i = 1; i <= 100; i++)
        {
            // Lengths go up and down, so that bytes left over from another document would show.
            var text = new string((char)('0' + (i % 70)), 1 + (i * 7919 % 20_000));
            known[await Instance(i).Documents.PutAsync(Sample, text, Precondition.None, CancellationToken)] = text;
        }

        await written.CancelAsync();
        foreach (var seen in await Task.WhenAll(readers))
            foreach (var (revision, text) in seen)
                Assert.That(known.GetValueOrDefault(revision, "0"), Is.EqualTo(text));
    }

    [Test]
    public async Task Creating_and_deleting_neighboring_documents_concurrently_does_not_interfere()
    {
        // Where keys are folders, the last delete removes the folder that the next create needs.
        await RaceAsync(8, async i =>
        {
            var key = Key("packages", "deep", "deeper", $"{i % 4}", "leaf");
            for (var round = 0; round < 25; round++)
            {
                await Instance(i).Documents.TryPutAsync(
                    key, Encoding.UTF8.GetBytes($"{i}"), Precondition.None, CancellationToken);
                await Instance(i).Documents.TryDeleteAsync(key, Precondition.None, CancellationToken);
            }

            return true;
        });
        Assert.That(await Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken), Is.Empty);
    }

    private async Task AssertOneWinnerAsync(StoreKey key, Revision?[] results)
    {
        Assert.That(results.Count(result => result is not null), Is.EqualTo(1));
        var winner = Array.FindIndex(results, result => result is not null);
        var document = await Documents.GetAsync(key, CancellationToken);
        Assert.That(document!.Text(), Is.EqualTo($"{winner}"));
        Assert.That(document!.Revision, Is.EqualTo(results[winner]));
    }
}
