using System.Security.Cryptography;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Gcs;

/// <summary>Blob downloads: every byte, or an exception.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GcsReadFaults : GcsFaults
{
    private static readonly byte[] Bytes = StorageShortcuts.Bytes(1_000_000);

    private static readonly FakeGcsFault[] Transient =
    [
        FakeGcsFault.Respond(429), FakeGcsFault.Respond(503), FakeGcsFault.ResetBefore,
        FakeGcsFault.CutResponse(0), FakeGcsFault.CutResponse(123_456), FakeGcsFault.CutResponse(999_999),
    ];

    [Test]
    public async Task A_broken_stream_is_resumed_where_it_broke(
        [ValueSource(nameof(Transient))] FakeGcsFault fault, [Values(0, 300_000)] int offset)
    {
        var info = await Blobs.CommitAsync(Sample, Bytes, CancellationToken);
        Fake.Fail(FakeGcsOperation.GetMedia, fault, 3);
        var read = await Blobs.ReadAsync(info.Key, new ByteRange(offset, null), CancellationToken);
        Assert.That(read.AsSpan().SequenceEqual(Bytes.AsSpan(offset)), Is.True);
    }

    [Test]
    public async Task A_stream_that_breaks_every_few_bytes_still_arrives()
    {
        var info = await Blobs.CommitAsync(Sample, Bytes, CancellationToken);
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.CutResponse(50_000), int.MaxValue);
        Assert.That(
            (await Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken)).AsSpan().SequenceEqual(Bytes), Is.True);
    }

    [Test]
    public async Task A_stream_that_cannot_be_resumed_throws_and_never_ends_early()
    {
        var info = await Blobs.CommitAsync(Sample, Bytes, CancellationToken);
        foreach (var persistent in (FakeGcsFault[])[
            FakeGcsFault.CutResponse(0), FakeGcsFault.Respond(503), FakeGcsFault.Hang
        ])
        {
            await OpenWithShortTimeoutsAsync();
            Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.CutResponse(200_000));
            await using var reader = await Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken);
            Fake.Fail(FakeGcsOperation.GetMedia, persistent, int.MaxValue);
            var fault = await CatchFaultAsync(() => reader!.Content.ReadAllAsync(CancellationToken));
            Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
        }
    }

    [Test]
    public async Task A_broken_stream_whose_blob_was_deleted_throws()
    {
        var info = await Blobs.CommitAsync(Sample, Bytes, CancellationToken);
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.CutResponse(200_000));
        await using var reader = await Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken);
        await Blobs.TryDeleteAsync(info.Key, Precondition.None, CancellationToken);

        // Another object of the same name is another generation: no reader mixes two.
        await Blobs.CommitAsync(Sample, Bytes, CancellationToken);
        await CatchFaultAsync(() => reader!.Content.ReadAllAsync(CancellationToken));
    }

    [Test]
    public async Task A_failure_before_the_first_byte_fails_OpenAsync()
    {
        var info = await Blobs.CommitAsync(Sample, Bytes, CancellationToken);
        await OpenWithShortTimeoutsAsync();
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.Respond(503), int.MaxValue);
        await CatchFaultAsync(async () => await Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken));
    }

    [Test]
    public async Task The_last_bytes_of_a_damaged_blob_are_not_returned()
    {
        var info = await Blobs.CommitAsync(Sample, Bytes, CancellationToken);
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.Garble);
        await using var reader = await Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken);
        using var received = new MemoryStream();
        var fault = await CatchFaultAsync(() => reader!.Content.CopyToAsync(received, CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Corrupt));
        Assert.That(received.Length, Is.LessThan(Bytes.Length));
    }

    [Test]
    public async Task A_cancelled_read_leaves_the_reader_usable()
    {
        var info = await Blobs.CommitAsync(Sample, Bytes, CancellationToken);
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.StallResponse(100_000));
        await using var reader = await Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken);
        var start = new byte[100_000];
        await reader!.Content.ReadExactlyAsync(start, CancellationToken);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        var reading = reader.Content.ReadAsync(new byte[10], cancel.Token).AsTask();
        await cancel.CancelAsync();
        Assert.That(async () => await reading, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            ((byte[])[.. start, .. await reader.Content.ReadAllAsync(CancellationToken)]).AsSpan().SequenceEqual(Bytes),
            Is.True);
    }

    [Test]
    public async Task A_stalled_stream_is_replaced()
    {
        await OpenAsync(static options => options.TransferIdleSeconds = 4);
        var info = await Blobs.CommitAsync(Sample, Bytes, CancellationToken);
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.StallResponse(100_000));
        Assert.That(
            (await Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken)).AsSpan().SequenceEqual(Bytes), Is.True);
        Assert.That(Fake.CountOf(FakeGcsOperation.GetMedia), Is.EqualTo(2));
    }

    [Test]
    [NonParallelizable]
    public async Task Uploading_and_downloading_128_MiB_uses_constant_memory()
    {
        const int Piece = 1024 * 1024;
        const int Pieces = 128;
        const long Allowance = 48L * Piece;
        var piece = StorageShortcuts.Bytes(Piece);
        using var written = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var allowed = LiveMemory.Measure() + Allowance;
        BlobInfo info;
        await using (var writer = await Blobs.CreateAsync(Sample, CancellationToken))
        {
            for (var i = 0; i < Pieces; i++)
            {
                piece[0] = (byte)i;
                written.AppendData(piece);
                await writer.WriteAsync(piece, CancellationToken);
            }

            var committing =
                writer.CommitAsync(Digest.FromHash(written.GetHashAndReset()), null, CancellationToken).AsTask();
            Assert.That(
                await LiveMemory.HighestUntilAsync(committing, CancellationToken),
                Is.LessThan(allowed),
                "while uploading");
            info = (await committing).Info;
        }

        Assert.That(Fake.CountOf(FakeGcsOperation.PutChunk), Is.EqualTo(Pieces / 2), "chunks of 2 MiB");
        await using var reader = await Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken);
        using var read = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < Pieces; i++)
        {
            await reader!.Content.ReadExactlyAsync(piece, CancellationToken);
            read.AppendData(piece);
            if (i % 32 == 31)
                Assert.That(LiveMemory.Measure(), Is.LessThan(allowed), "while downloading");
        }

        Assert.That(Digest.FromHash(read.GetHashAndReset()), Is.EqualTo(info.Key.Digest));
    }
}
