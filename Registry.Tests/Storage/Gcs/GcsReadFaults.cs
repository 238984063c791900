using System.Security.Cryptography;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Gcs;

/// <summary>Blobs on their way out: every byte, or an exception.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GcsReadFaults : GcsFaults
{
    private static readonly byte[] Bytes = StorageShortcuts.Bytes(1_000_000);

    private static readonly FakeGcsFault[] Passing =
    [
        FakeGcsFault.Answer(
            429), FakeGcsFault.Answer(
                503), FakeGcsFault.ResetBefore, FakeGcsFault.CutResponse(
                    0), FakeGcsFault.CutResponse(123_456), FakeGcsFault.CutResponse(999_999),
    ];

    [Test]
    public async Task A_stream_that_breaks_is_read_on_from_where_it_broke(
        [ValueSource(nameof(Passing))] FakeGcsFault fault, [Values(0, 300_000)] int offset)
    {
        var info = await Blobs.CommitAsync(Sample, Bytes, CancellationToken);
        Fake.Fail(FakeGcsOperation.GetMedia, fault, 3);
        var read = await Blobs.ReadAsync(info.Key, new ByteRange(offset, null), CancellationToken);
        Assert.That(read.AsSpan().SequenceEqual(Bytes.AsSpan(offset)), Is.True);
    }

    [Test]
    public async Task A_stream_that_breaks_after_every_few_bytes_still_arrives()
    {
        var info = await Blobs.CommitAsync(Sample, Bytes, CancellationToken);
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.CutResponse(50_000), int.MaxValue);
        Assert.That(
            (await Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken)).AsSpan().SequenceEqual(Bytes), Is.True);
    }

    [Test]
    public async Task A_stream_that_cannot_be_read_on_throws_and_never_just_ends()
    {
        var info = await Blobs.CommitAsync(Sample, Bytes, CancellationToken);
        foreach (var lasting in (FakeGcsFault[])[
            FakeGcsFault.CutResponse(0), FakeGcsFault.Answer(503), FakeGcsFault.Hang
        ])
        {
            await OpenImpatientAsync();
            Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.CutResponse(200_000));
            await using var reader = await Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken);
            Fake.Fail(FakeGcsOperation.GetMedia, lasting, int.MaxValue);
            var fault = await FaultOf(() => reader!.Content.ReadAllAsync(CancellationToken));
            Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
        }
    }

    [Test]
    public async Task A_stream_that_breaks_when_its_blob_is_deleted_throws()
    {
        var info = await Blobs.CommitAsync(Sample, Bytes, CancellationToken);
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.CutResponse(200_000));
        await using var reader = await Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken);
        await Blobs.TryDeleteAsync(info.Key, Precondition.None, CancellationToken);

        // Another object under the same name is another generation: no reader is put together of two.
        await Blobs.CommitAsync(Sample, Bytes, CancellationToken);
        await FaultOf(() => reader!.Content.ReadAllAsync(CancellationToken));
    }

    [Test]
    public async Task What_fails_before_the_first_byte_fails_the_opening()
    {
        await OpenImpatientAsync();
        var info = await Blobs.CommitAsync(Sample, Bytes, CancellationToken);
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.Answer(503), int.MaxValue);
        await FaultOf(async () => await Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken));
    }

    [Test]
    public async Task The_last_bytes_of_a_damaged_blob_are_not_given_out()
    {
        var info = await Blobs.CommitAsync(Sample, Bytes, CancellationToken);
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.Garble);
        await using var reader = await Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken);
        using var taken = new MemoryStream();
        var fault = await FaultOf(() => reader!.Content.CopyToAsync(taken, CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Corrupt));
        Assert.That(taken.Length, Is.LessThan(Bytes.Length));
    }

    [Test]
    public async Task A_read_that_is_cancelled_leaves_the_reader_fit_for_the_next()
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
    public async Task A_stream_that_stalls_is_replaced()
    {
        await OpenAsync(static options => options.TransferIdleSeconds = 4);
        var info = await Blobs.CommitAsync(Sample, Bytes, CancellationToken);
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.StallResponse(100_000));
        Assert.That(
            (await Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken)).AsSpan().SequenceEqual(Bytes), Is.True);
        Assert.That(Fake.CountOf(FakeGcsOperation.GetMedia), Is.EqualTo(2));
    }

    [Test]
    public async Task Memory_is_flat_for_192_MiB_in_and_out()
    {
        const int Piece = 1024 * 1024;
        const int Pieces = 192;
        const long Room = 48L * Piece;
        var piece = StorageShortcuts.Bytes(Piece);
        using var written = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var allowed = GC.GetTotalMemory(forceFullCollection: true) + Room;
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
            do
            {
                Assert.That(GC.GetTotalMemory(forceFullCollection: true), Is.LessThan(allowed), "while it goes up");
            }
            while (await Task.WhenAny(committing, Task.Delay(200, CancellationToken)) != committing);
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
                Assert.That(GC.GetTotalMemory(forceFullCollection: true), Is.LessThan(allowed), "while it comes down");
        }

        Assert.That(Digest.FromHash(read.GetHashAndReset()), Is.EqualTo(info.Key.Digest));
    }
}
