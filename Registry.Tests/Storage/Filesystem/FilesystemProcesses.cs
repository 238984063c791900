using System.Globalization;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Roles;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Filesystem;

/// <summary>
/// The contract of two instances, with real processes over one folder; and what a dying process leaves.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FilesystemProcesses
{
    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;

    [Test]
    public async Task Processes_incrementing_one_document_lose_no_update()
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
    public async Task A_process_killed_while_writing_loses_no_acknowledged_write_and_leaves_no_torn_one()
    {
        await using var storage = new FilesystemUnderTest();
        var (documents, blobs, _) = await storage.OpenAsync();
        var acknowledgedRounds = new int[WritingRole.Writers];
        var acknowledgedBlobs = new HashSet<int>();
        foreach (var linesBeforeTheKill in (int[])[1, 20, 57])
        {
            // Each child starts above any value that the previous one can have reached, so that lost writes show.
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
                "it was killed and did not exit by itself");
            for (var writer = 0; writer < WritingRole.Writers; writer++)
                await AssertWholeAsync(documents, writer, acknowledgedRounds[writer]);
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
        Assert.That(
            Directory.GetFiles(storage.Below("staging")), Is.Empty, "uploads staged by dead processes are reclaimed");
    }

    private async Task AssertWholeAsync(IDocumentStore documents, int writer, int acknowledgedRound)
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
