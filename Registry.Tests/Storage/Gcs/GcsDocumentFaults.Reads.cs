using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Gcs;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Gcs;

/// <summary>Reads and listings with faults and corrupt data.</summary>
public sealed partial class GcsDocumentFaults
{
    [Test]
    public async Task A_missing_bucket_is_a_fault_and_never_an_absent_document()
    {
        await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        var info = await Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(10), CancellationToken);
        Fake.RemoveBucket();
        Func<Task>[] calls =
        [
            async () => await Documents.GetAsync(Sample, CancellationToken),
            async () => await Documents.TryPutAsync(Sample, "two", Precondition.None, CancellationToken),
            async () => await Documents.TryPutAsync(Sample, "two", Precondition.Absent, CancellationToken),
            async () =>
                await Documents.TryDeleteAsync(Sample, Precondition.Matches(new Revision("1")), CancellationToken),
            async () => await Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken),
            async () => await Blobs.StatAsync(info.Key, CancellationToken),
            async () => await Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken),
            async () => await Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(11), CancellationToken),
            async () => await Blobs.TryDeleteAsync(info.Key, Precondition.Matches(info.Revision), CancellationToken),
            async () => await Blobs.InfosAsync(Sample, ScopeDepth.Subtree, null, CancellationToken),
        ];
        foreach (var call in calls)
        {
            var fault = await CatchFaultAsync(call);
            Assert.That(fault.Kind, Is.EqualTo(StorageFault.Denied));
            Assert.That(fault.Message, Does.Contain("GCS__BUCKET"));
        }
    }

    [Test]
    public async Task Corruption_in_transit_and_in_the_bucket_is_reported()
    {
        await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.Garble);
        Assert.That(
            (await CatchFaultAsync(async () => await Documents.GetAsync(Sample, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Corrupt));
        var retries = Storage.Retries.Count;
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.CutResponse(1));
        Assert.That(
            (await Documents.GetAsync(Sample, CancellationToken))!.Text(),
            Is.EqualTo("one"),
            "a truncated response is retried");
        Assert.That(Storage.Retries.Count, Is.EqualTo(retries + 1));

        var options = Storage.NewOptions();
        using var service = new GcsService(options, TimeProvider.System, NullLogger<GcsService>.Instance);
        var client = new GcsClient(options, service, TimeProvider.System, Storage.Retries);
        var refused = await CatchFaultAsync(
            () =>
                client.InsertAsync(
                    "x",
                    GcsMetadata.OfDocument("id", Crc32C.Of("two"u8)),
                    "one"u8.ToArray(),
                    generation: 0,
                    repeatsUnknown: true,
                    CancellationToken));
        Assert.That(refused.Kind, Is.EqualTo(StorageFault.Corrupt), "the service verifies the checksum");
        await client.InsertAsync(
            "a/registry/documents/packages/sample/large",
            GcsMetadata.OfDocument("id", Crc32C.Of(new byte[Document.MaxBytes + 1])),
            new byte[Document.MaxBytes + 1],
            generation: 0,
            repeatsUnknown: true,
            CancellationToken);
        var large = await CatchFaultAsync(
            async () => await Documents.GetAsync(StoreKey.Of("packages", "sample", "large"), CancellationToken));
        Assert.That(large.Kind, Is.EqualTo(StorageFault.Corrupt));
    }

    [Test]
    public async Task A_listing_survives_faults_and_short_pages_and_skips_foreign_objects()
    {
        var keys = Enumerable.Range(0, 25).Select(static i => StoreKey.Of("packages", "n", $"p{i}")).Order().ToArray();
        foreach (var key in keys)
            await Documents.PutAsync(key, "x", Precondition.Absent, CancellationToken);
        var options = Storage.NewOptions();
        using var service = new GcsService(options, TimeProvider.System, NullLogger<GcsService>.Instance);
        var client = new GcsClient(options, service, TimeProvider.System, Storage.Retries);
        foreach (var foreign in (string[])["UPPER", "", "@x"])
            await client.InsertAsync(
                $"a/registry/documents/packages/n/{foreign}",
                GcsMetadata.OfDocument("id", Crc32C.Of([])),
                ReadOnlyMemory<byte>.Empty,
                generation: 0,
                repeatsUnknown: true,
                CancellationToken);

        Fake.Bucket.MaxPage = 4;
        Fake.Faults = static call =>
            call is { Operation: FakeGcsOperation.List } && call.Number % 2 == 0 ? FakeGcsFault.Respond(503) : null;
        Assert.That(
            await Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken),
            Is.EqualTo(keys.Select(static key => key.Value)));
        Assert.That(
            await Documents.KeysAsync(StoreKeys.Packages, keys[10], CancellationToken),
            Is.EqualTo(keys[11..].Select(static key => key.Value)));
    }
}
