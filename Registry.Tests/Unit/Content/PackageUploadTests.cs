using System.Formats.Tar;
using System.Text.Json;
using NUnit.Framework;
using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Tests.Unit.Content;

public sealed class PackageUploadTests
{
    private static readonly byte[] Tar = SampleContent.Tar(
        TarEntryFormat.Pax,
        ("chart/Chart.yaml", SampleContent.Random(3000)),
        ("chart/values.yaml", SampleContent.Random(700)));

    private static async Task<byte[]> ReadChartAsync()
    {
        await using var file =
            File.OpenRead(Path.Combine(TestContext.CurrentContext.TestDirectory, "Data", "elasticsearch-chart.tar.gz"));
        using var bytes = new MemoryStream();
        await file.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    [Test]
    public async Task The_sample_chart_has_the_documented_digest()
    {
        var chart = await ReadChartAsync();
        var (content, refusal) = await SampleContent.UploadAsync(chart);
        Assert.That(refusal, Is.Null);
        Assert.That(content, Is.EqualTo(new UploadedContent(
            Digest.Parse(SampleContent.Sha256(chart)),
            583,
            Digest.Parse("72ed15c9a65961ecd034cca098ec18eb99002cd402824aae8a674a8ae41bd0ef"))));
    }

    [Test]
    public async Task Every_package_of_the_reference_servers_backup_is_accepted()
    {
        await using var file =
            File.OpenRead(Path.Combine(TestContext.CurrentContext.TestDirectory, "Data", "backup1.json"));
        using var backup = await JsonDocument.ParseAsync(file);
        var blobs = backup.RootElement.GetProperty("packages")
            .EnumerateArray()
            .Select(package => package.GetProperty("blob").GetBytesFromBase64())
            .ToArray();
        Assert.That(blobs, Is.Not.Empty);
        foreach (var blob in blobs)
            Assert.That((await SampleContent.UploadAsync(blob)).Refusal, Is.Null);
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(511)]
    [TestCase(8191)]
    [TestCase(8192)]
    [TestCase(100_000)]
    public async Task The_size_of_the_received_pieces_is_irrelevant(int pieceBytes)
    {
        var gzip = SampleContent.Gzip(SampleContent.Tar(TarEntryFormat.Gnu, ("a", SampleContent.Random(20_000))));
        var whole = await SampleContent.UploadAsync(gzip);
        Assert.That(whole.Refusal, Is.Null);
        Assert.That(await SampleContent.UploadAsync(gzip, pieceBytes: pieceBytes), Is.EqualTo(whole));
    }

    [Test]
    public async Task An_accepted_content_is_committed_byte_for_byte_under_its_own_digest()
    {
        var gzip = SampleContent.Gzip(Tar);
        var blobs = new MemoryBlobs();
        await using (var upload = await SampleContent.BeginAsync(blobs))
        {
            await upload.WriteAsync(gzip, CancellationToken.None);
            var content = await upload.CompleteAsync(CancellationToken.None);
            Assert.That(await upload.CompleteAsync(CancellationToken.None), Is.SameAs(content));
            Assert.That(blobs.Committed, Is.Empty);
            var info = (await upload.CommitAsync(CancellationToken.None)).Info;
            Assert.That(info.Key, Is.EqualTo(new BlobKey(SampleContent.Scope, content.StoredDigest)));
            Assert.That(async () => await upload.CommitAsync(CancellationToken.None), Throws.InvalidOperationException);
        }

        Assert.That(blobs.Committed.Values.Single(), Is.EqualTo(gzip));
    }

    [Test]
    public async Task Disposing_without_a_commit_discards_the_upload()
    {
        var blobs = new MemoryBlobs();
        var upload = await SampleContent.BeginAsync(blobs);
        await upload.WriteAsync(SampleContent.Gzip(Tar), CancellationToken.None);
        await upload.DisposeAsync();
        await upload.DisposeAsync();
        Assert.That(blobs.Writers.Single(), Has.Property("Disposed").True.And.Property("IsCommitted").False);
    }

    [Test]
    public async Task Nothing_can_be_written_after_the_end_or_committed_before_it()
    {
        await using var upload = await SampleContent.BeginAsync(new MemoryBlobs());
        Assert.That(async () => await upload.CommitAsync(CancellationToken.None), Throws.InvalidOperationException);
        await upload.WriteAsync(SampleContent.Gzip(Tar), CancellationToken.None);
        await upload.CompleteAsync(CancellationToken.None);
        Assert.That(
            async () => await upload.WriteAsync(new byte[1], CancellationToken.None), Throws.InvalidOperationException);
    }

    [Test]
    public async Task A_refused_content_is_discarded_immediately_and_cannot_be_committed()
    {
        var blobs = new MemoryBlobs();
        await using var upload = await SampleContent.BeginAsync(blobs);
        await upload.WriteAsync("neither gzip nor tar"u8.ToArray(), CancellationToken.None);
        for (var attempt = 0; attempt < 2; attempt++)
            Assert.That(
                async () => await upload.CompleteAsync(CancellationToken.None), Throws.InstanceOf<RegistryException>());
        Assert.That(blobs.Writers.Single().Disposed, Is.True);
        Assert.That(async () => await upload.CommitAsync(CancellationToken.None), Throws.InvalidOperationException);
    }

    [Test]
    public async Task Once_refused_further_bytes_are_counted_and_not_staged()
    {
        var blobs = new MemoryBlobs();
        var limits = new ContentLimits { MaxPackageBytes = 1000 };
        await using var upload = await SampleContent.BeginAsync(blobs, limits);
        await upload.WriteAsync(SampleContent.Random(900), CancellationToken.None);
        for (var i = 0; i < 10; i++)
            await upload.WriteAsync(SampleContent.Random(900), CancellationToken.None);
        Assert.That(upload.Length, Is.EqualTo(9900));
        Assert.That(
            blobs.Writers.Single(), Has.Property("Written").LessThanOrEqualTo(900L).And.Property("Disposed").True);
        Assert.That(
            async () => await upload.CompleteAsync(CancellationToken.None),
            Throws.InstanceOf<RegistryException>().With.Message.Contains("1000 bytes"));
    }

    [Test]
    public async Task The_first_refusal_of_the_request_takes_precedence_over_the_content()
    {
        await using var upload = await SampleContent.BeginAsync(new MemoryBlobs());
        await upload.WriteAsync("no gzip"u8.ToArray(), CancellationToken.None);
        upload.Refuse("The blob is not base64.");
        upload.Refuse("Something else.");
        Assert.That(
            async () => await upload.CompleteAsync(CancellationToken.None),
            Throws.InstanceOf<RegistryException>().With.Message.EqualTo("The blob is not base64."));
    }

    [Test]
    public async Task A_storage_failure_is_thrown_immediately()
    {
        var blobs = new MemoryBlobs { FailAfterBytes = 100 };
        await using var upload = await SampleContent.BeginAsync(blobs);
        Assert.That(
            async () => await upload.WriteAsync(SampleContent.Gzip(Tar), CancellationToken.None),
            Throws.InstanceOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.Full));
    }

    [Test]
    public async Task A_package_of_exactly_the_limit_is_accepted()
    {
        var gzip = SampleContent.Gzip(Tar);
        Assert.That(
            (await SampleContent.UploadAsync(gzip, new ContentLimits { MaxPackageBytes = gzip.Length })).Refusal,
            Is.Null);
        Assert.That(
            (await SampleContent.UploadAsync(gzip, new ContentLimits { MaxPackageBytes = gzip.Length - 1 })).Refusal,
            Does.Contain("limit"));
    }

    [Test]
    public async Task Writing_stops_on_cancellation()
    {
        await using var upload = await SampleContent.BeginAsync(new MemoryBlobs());
        Assert.That(
            async () => await upload.WriteAsync(SampleContent.Gzip(Tar), new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>());
    }
}
