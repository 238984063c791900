using System.Globalization;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Roles;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Filesystem;

/// <summary>
/// What the suite says of two instances, of real processes over one folder; and what a process leaves behind that dies.
/// </summary>
public sealed class FilesystemProcesses
{
    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;

    [Test]
    public async Task Processes_that_count_up_one_document_lose_no_update()
    {
        const int Processes = 3;
        const int Times = 150;
        await using var storage = new FilesystemUnderTest();
        var children = Enumerable.Range(0, Processes)
            .Select(_ => ChildProcess.Start(typeof(CountingRole), storage.Path, $"{Times}"))
            .ToArray();
        try
        {
            foreach (var child in children)
                Assert.That(await child.ReadLineAsync(cancellationToken), Is.EqualTo("ready"));
            foreach (var child in children)
                await child.WriteLineAsync("go");
            foreach (var child in children)
                Assert.That(await child.WaitAsync(cancellationToken), Is.EqualTo((0, "")));
        }
        finally
        {
            foreach (var child in children)
                await child.DisposeAsync();
        }

        var counted = await (await storage.OpenAsync()).Documents.GetAsync(CountingRole.Counter, cancellationToken);
        Assert.That(counted!.Text(), Is.EqualTo($"{Processes * Times}"));
    }

    [Test]
    public async Task A_process_that_is_killed_while_it_writes_loses_nothing_acknowledged_and_leaves_nothing_torn()
    {
        await using var storage = new FilesystemUnderTest();
        var (documents, blobs, _) = await storage.OpenAsync();
        var acknowledgedRounds = new int[WritingRole.Writers];
        var acknowledgedBlobs = new HashSet<int>();
        foreach (var linesBeforeTheKill in (int[])[1, 20, 57])
        {
            // Each child begins above what the one before can have come to, so that what it lost would show.
            await using var child =
                ChildProcess.Start(typeof(WritingRole), storage.Path, $"{linesBeforeTheKill * 1_000}");
            Array.Clear(acknowledgedRounds);
            for (var lines = 1; await child.ReadLineAsync(cancellationToken) is { } line; lines++)
            {
                if (lines == linesBeforeTheKill)
                    child.Kill();
                switch (line.Split(' '))
                {
                    case ["document", var writer, var round]:
                        acknowledgedRounds[int.Parse(writer, CultureInfo.InvariantCulture)] =
                            int.Parse(round, CultureInfo.InvariantCulture);
                        break;
                    case ["blob", var seed]:
                        acknowledgedBlobs.Add(int.Parse(seed, CultureInfo.InvariantCulture));
                        break;
                }
            }

            Assert.That(
                (await child.WaitAsync(cancellationToken)).ExitCode,
                Is.EqualTo(128 + 9),
                "it was killed, and ended in no other way");
            for (var writer = 0; writer < WritingRole.Writers; writer++)
                await DemandWholeAsync(documents, writer, acknowledgedRounds[writer]);
            foreach (var seed in acknowledgedBlobs)
                Assert.That(
                    await blobs.StatAsync(
                        new BlobKey(WritingRole.Scope, StorageShortcuts.DigestOf(WritingRole.BlobOf(seed))),
                        cancellationToken),
                    Is.Not.Null);
            foreach (var info in await blobs.InfosAsync(
                StoreKeys.Packages, ScopeDepth.Subtree, null, cancellationToken))
                Assert.That(
                    StorageShortcuts.DigestOf(await blobs.ReadAsync(info.Key, ByteRange.All, cancellationToken)),
                    Is.EqualTo(info.Key.Digest));
        }

        Assert.That(acknowledgedBlobs, Is.Not.Empty);
        await blobs.DiscardAbandonedAsync(TimeSpan.FromHours(1), cancellationToken);
        Assert.That(Directory.GetFiles(storage.Below("staging")), Is.Empty, "what the dead had staged is reclaimed");
    }

    private async Task DemandWholeAsync(IDocumentStore documents, int writer, int acknowledgedRound)
    {
        if (await documents.GetAsync(WritingRole.DocumentOf(writer), cancellationToken) is not { } document)
        {
            Assert.That(acknowledgedRound, Is.Zero);
            return;
        }

        var text = document.Text();
        var round = int.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.That(text, Is.EqualTo(WritingRole.TextOf(round)), "the document is whole");
        Assert.That(round, Is.AtLeast(acknowledgedRound));
    }
}
