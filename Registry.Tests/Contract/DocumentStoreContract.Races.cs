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
    public async Task Of_all_who_create_one_wins()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var key = Key("packages", "race", $"{round}");
            var answers = await RaceAsync(
                Racers,
                async i =>
                    await Instance(i).Documents.TryPutAsync(key, $"{i}", Precondition.Absent, CancellationToken));
            await DemandOneWinner(key, answers);
        }
    }

    [Test]
    public async Task Of_all_who_replace_the_same_revision_one_wins()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var key = Key("packages", "race", $"{round}");
            var seen = await Documents.PutAsync(key, "before", Precondition.Absent, CancellationToken);
            var answers = await RaceAsync(
                Racers,
                async i =>
                    await Instance(i).Documents.TryPutAsync(
                        key, $"{i}", Precondition.Matches(seen), CancellationToken));
            await DemandOneWinner(key, answers);
        }
    }

    [Test]
    public async Task Of_a_delete_and_a_put_of_the_same_revision_one_wins()
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
            Assert.That(won.Count(yes => yes), Is.EqualTo(1));
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
    public async Task Writers_without_a_precondition_all_write_each_with_a_revision_of_its_own()
    {
        var revisions = await RaceAsync(
            Racers,
            async i => await Instance(i).Documents.PutAsync(Sample, $"{i}", Precondition.None, CancellationToken));
        Assert.That(revisions, Is.Unique);
        var last = await Documents.GetAsync(Sample, CancellationToken);
        Assert.That(revisions[int.Parse(last!.Text(), CultureInfo.InvariantCulture)], Is.EqualTo(last!.Revision));
    }

    [Test]
    public async Task Who_reads_while_others_write_sees_whole_documents_each_with_the_revision_of_its_bytes()
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
                Assert.That(text.All(c => c == text[0]), Is.True, "no document is put together of two");
                if (!texts.TryAdd(read!.Revision, text))
                    Assert.That(texts[read.Revision], Is.EqualTo(text), "the bytes of a revision never change");
                await Task.Yield();
            }

            return texts;
        })).ToArray();

        var known = new Dictionary<Revision, string>();
        for (var i = 1; i <= 100; i++)
        {
            // Lengths go up and down: bytes that are left over from another would show.
            var text = new string((char)('0' + (i % 70)), 1 + (i * 7919 % 20_000));
            known[await Instance(i).Documents.PutAsync(Sample, text, Precondition.None, CancellationToken)] = text;
        }

        await written.CancelAsync();
        foreach (var seen in await Task.WhenAll(readers))
            foreach (var (revision, text) in seen)
                Assert.That(known.GetValueOrDefault(revision, "0"), Is.EqualTo(text));
    }

    [Test]
    public async Task Documents_that_come_and_go_beside_each_other_do_not_disturb_one_another()
    {
        // Where keys are folders, the last delete removes what the next create needs.
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

    private async Task DemandOneWinner(StoreKey key, Revision?[] answers)
    {
        Assert.That(answers.Count(answer => answer is not null), Is.EqualTo(1));
        var winner = Array.FindIndex(answers, answer => answer is not null);
        var document = await Documents.GetAsync(key, CancellationToken);
        Assert.That(document!.Text(), Is.EqualTo($"{winner}"));
        Assert.That(document!.Revision, Is.EqualTo(answers[winner]));
    }
}
