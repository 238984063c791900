using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Packages;

/// <summary>The decompressed size of an index is limited, both when it is written and when it is read.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class IndexLimitTests
{
    private static readonly PackageName Name = Samples.Package();

    private static readonly long Default = new IndexLimits().MaxBytes;

    private readonly InMemoryStorage storage = new();

    [Test]
    public void Five_thousand_charts_fit_the_default_limits_and_are_read_back()
    {
        var (stored, jsonBytes) = StoredIndex.Write(LargeIndexes.Charts(Name, 5000), Default);
        TestContext.Out.WriteLine($"{jsonBytes} bytes of JSON are stored in {stored.Length}.");
        Assert.That(jsonBytes, Is.InRange(5000 * 1500, Default));
        Assert.That(stored, Is.Not.Empty.And.Length.LessThanOrEqualTo(Document.MaxBytes));

        var read = StoredIndex.Read(Name, stored, Default);
        foreach (var i in new[] { 4999, 0, 2500, 1, 99, 4998 })
            Assert.That(read.Manifests[4999 - i].Metadata!.ToString(), Is.EqualTo(LargeIndexes.Chart(i)));
        Assert.That(StoredIndex.Write(read, Default).Content, SameBytes.As(stored));
    }

    [Test]
    public void Five_thousand_charts_pushed_by_helm_fit_the_default_limits_and_are_read_back()
    {
        var index = LargeIndexes.PushedCharts(Name, 5000);
        var (stored, jsonBytes) = StoredIndex.Write(index, Default);
        TestContext.Out.WriteLine($"{jsonBytes} bytes of JSON are stored in {stored.Length}.");
        Assert.That(jsonBytes, Is.InRange(5000 * 1500, Default));
        Assert.That(stored, Is.Not.Empty.And.Length.LessThanOrEqualTo(Document.MaxBytes));
        var read = StoredIndex.Read(Name, stored, Default).Manifests;
        Assert.That(read, Has.Length.EqualTo(5000));
        foreach (var i in new[] { 0, 1, 2500, 4999 })
            Assert.That(read[i], Is.EqualTo(index.Manifests[i] with { Artifact = read[i].Artifact }));
        using var metadata = new ReleaseMetadataReader();
        foreach (var (found, pushed) in read.Zip(index.Manifests))
            Assert.That(
                metadata.Read(found.Artifact!.Chart!.Metadata)!.Utf8.Span.SequenceEqual(
                    pushed.Artifact!.Chart!.Metadata!.Own.Span));
    }

    [Test]
    public void The_bound_is_inclusive()
    {
        foreach (var index in new[] { Samples.Index("1.0.0", "1.0.1"), LargeIndexes.Bomb(Name, 30) })
        {
            var (stored, length) = StoredIndex.Write(index, long.MaxValue);
            Assert.That(StoredIndex.Write(index, length).Content, SameBytes.As(stored));
            Assert.That(StoredIndex.Read(Name, stored, length).Manifests, Is.EqualTo(index.Manifests));
            Assert.That(StoredIndex.Read(Name, stored, long.MaxValue).Manifests, Is.EqualTo(index.Manifests));
            Assert.That(StoredIndex.Write(index, length - 1).JsonBytes, Is.EqualTo(length));
            Assert.That(
                () => StoredIndex.Read(Name, stored, length - 1),
                Throws.TypeOf<StorageException>().With
                    .Property("Kind")
                    .EqualTo(StorageFault.Corrupt).And.Message
                    .Contains("LIMITS__INDEXBYTES"));
        }
    }

    [Test]
    public async Task Only_the_push_over_the_bound_is_refused_with_the_numbers()
    {
        const long Limit = 500_000;
        var indexes = Indexes(Limit);
        var pushes = Enumerable.Range(0, 12).Select(i => PushAsync(indexes, $"1.0.{i}", 65_000)).ToArray();
        var refusals = new List<RegistryException>();
        foreach (var push in pushes)
            try
            {
                await push;
            }
            catch (RegistryException exception)
            {
                refusals.Add(exception);
            }

        var index = (await indexes.GetAsync(Name, default)).State;
        Assert.That(index.Manifests, Has.Length.EqualTo(7));
        Assert.That(refusals, Has.Count.EqualTo(5));
        foreach (var refusal in refusals)
        {
            Assert.That(refusal.Code, Is.EqualTo(ErrorCode.IndexFull));
            Assert.That(
                refusal.Message, Does.Contain($"{Limit} bytes (LIMITS__INDEXBYTES)").And.Contain("tags or manifests"));
            Assert.That(
                refusal.Details, Has.One.EqualTo(("manifests", (object?)8)).And.One.EqualTo(("limit", (object?)Limit)));
            Assert.That(
                refusal.Details.Single(detail => detail.Name == "bytes").Value, Is.InRange(Limit + 1, Limit + 70_000));
        }
    }

    [Test]
    public async Task Metadata_of_charts_that_is_stored_as_blobs_counts()
    {
        var indexes = Indexes(100_000);
        await PushAsync("1.0.0");
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => PushAsync("1.1.0"));
        Assert.That(refusal!.Code, Is.EqualTo(ErrorCode.IndexFull));
        Assert.That(
            refusal.Details.Single(static detail => detail.Name == "bytes").Value, Is.InRange(120_000L, 130_000L));

        async Task PushAsync(string release)
        {
            var complete = Samples.Complete(Samples.Manifest(release, "helm"));
            var metadata = new BlobDescriptor(complete.Content.StoredDigest, 60_000);
            var chart = new ChartContent(Metadata: null, metadata, Wrapped: null, Provenance: null);
            var manifest = complete with { Artifact = complete.Artifact! with { Chart = chart } };
            await indexes.UpdateAsync(Name, Samples.Push(Name, manifest), default);
        }
    }

    [Test]
    public async Task An_index_over_the_bound_can_be_trimmed_once_the_bound_is_raised()
    {
        await PutAsync(LargeIndexes.Bomb(Name, 280));
        var bounded = Indexes(Default);
        Assert.That(async () => await bounded.FindAsync(Name, default), Throws.TypeOf<StorageException>());
        Assert.That(() => DeleteAsync(bounded, "1.0.0"), Throws.TypeOf<StorageException>());

        var raised = Indexes(2 * Default);
        for (var i = 0; i < 30; i++)
            await DeleteAsync(raised, $"1.0.{i}");
        var trimmed = (await bounded.GetAsync(Name, default)).State;
        Assert.That(trimmed.Manifests, Has.Length.EqualTo(250));
        Assert.That(trimmed.Manifests[0].Metadata!.Length, Is.EqualTo(65_002));
    }

    [Test]
    public void Decompression_stops_at_the_bound()
    {
        var stored = StoredIndex.Write(LargeIndexes.Bomb(Name, 4000), long.MaxValue).Content;
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => StoredIndex.Read(Name, stored, Default), Throws.TypeOf<StorageException>());
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(2 << 20));
    }

    [Test]
    public void Compressed_metadata_stays_compressed_in_memory()
    {
        var stored = StoredIndex.Write(LargeIndexes.Bomb(Name, 250), Default).Content;
        var held = new PackageIndexCodec(new IndexLimits()).SizeOf(StoredIndex.Read(Name, stored, Default));
        Assert.That(held, Is.InRange(stored.Length + (250 * 700), stored.Length + (250 * 1000)));

        var before = GC.GetAllocatedBytesForCurrentThread();
        var read = StoredIndex.Read(Name, stored, Default);
        Assert.That(StoredIndex.Write(read, Default).Content, SameBytes.As(stored));
        Assert.That(
            GC.GetAllocatedBytesForCurrentThread() - before,
            Is.LessThan(2 * 250 * 65_002),
            "each is decompressed once, for writing");
    }

    [Test]
    public async Task Metadata_that_was_read_is_cached()
    {
        await PutAsync(LargeIndexes.Charts(Name, 300));
        var reader = Indexes(Default, cacheBytes: 8 << 20);
        var manifests = (await reader.FindAsync(Name, default))!.State.Manifests;
        var first = reader.ReadMetadata(manifests[7].Metadata);
        Assert.That(System.Text.Encoding.UTF8.GetString(first!.Utf8.Span), Is.EqualTo(LargeIndexes.Chart(292)));
        Assert.That(reader.ReadMetadata(manifests[7].Metadata), Is.SameAs(first));
        Assert.That(reader.ReadMetadata(null), Is.Null);

        var none = Indexes(Default, cacheBytes: 0);
        Assert.That(none.ReadMetadata(manifests[7].Metadata)!.Utf8.ToArray(), Is.EqualTo(first.Utf8.ToArray()));
    }

    [Test]
    public async Task Metadata_of_many_pushes_does_not_accumulate_in_memory()
    {
        var indexes = Indexes(Default);
        for (var i = 0; i < 40; i++)
        {
            await PushAsync(indexes, $"1.0.{i}", 65_000 + i);
            var own = (await indexes.GetAsync(Name, default)).State.Manifests.Sum(
                static manifest => (long)manifest.Metadata!.Own.Length);
            Assert.That(own, Is.LessThanOrEqualTo(1 << 20));
        }

        var manifests = (await indexes.GetAsync(Name, default)).State.Manifests;
        Assert.That(
            manifests.Select(static manifest => manifest.Metadata!.Length),
            Is.EqualTo(Enumerable.Range(65_002, 40).Reverse()));
    }

    private static async Task PushAsync(PackageIndexes indexes, string release, int metadataBytes)
    {
        var manifest =
            Samples.Manifest(release) with { Metadata = Metadata.Of($"\"{new string('x', metadataBytes)}\"") };
        await indexes.UpdateAsync(Name, Samples.Push(Name, manifest), default);
    }

    private static Task<PackageIndex?> DeleteAsync(PackageIndexes indexes, string release) =>
        indexes.UpdateAsync(
            Name,
            new DocumentChange<PackageIndex>(index => index!.Without(Release.Parse(release), Samples.Type("helm"))),
            default);

    private async Task PutAsync(PackageIndex index) =>
        await storage.Documents.TryPutAsync(
            index.Name.Key, StoredIndex.Write(index, long.MaxValue).Content, Precondition.Absent, default);

    private PackageIndexes Indexes(long maxBytes, long? cacheBytes = null) => new(
        storage.Documents,
        TimeProvider.System,
        new UpdateOptions(),
        cacheBytes is { } bytes ? new IndexCacheOptions { MaxBytes = bytes } : null,
        new IndexLimits { MaxBytes = maxBytes });
}
