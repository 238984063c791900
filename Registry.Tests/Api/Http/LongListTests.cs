using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Core.Documents;
using Registry.Core.Packages;
using Registry.Core.Transfers;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Http;

/// <summary>A long list keeps the package in memory while a client reads it, which counts.</summary>
public sealed class LongListTests
{
    /// <summary>
    /// With <see cref="MetadataLength"/>, a list that is longer than what the system buffers for a client that does not
    /// read: some 4 MiB.
    /// </summary>
    private const int Releases = 500;

    private const int MetadataLength = 20_000;

    /// <summary>The same with <see cref="TagLength"/>.</summary>
    private const int Tags = 40_000;

    private const int TagLength = 128;

    private RegistryHost host = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => host = await RegistryHost.StartAsync(
        "--Transfers:BufferBytes=500000000", "--Limits:IndexBytes=100000000");

    [OneTimeTearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [Test]
    public async Task The_package_is_reserved_while_a_client_reads_its_releases()
    {
        var package = Samples.Package("long/releases");
        var manifests = Enumerable.Range(0, Releases).Select(i => Samples.Complete(Samples.Manifest($"1.{i}.0")) with
        {
            Metadata = Metadata.Of($"\"{new string('x', MetadataLength)}\""),
        });
        var size = await StoreAsync(package, _ => PackageIndex.Restore(package, Samples.Start, manifests, []));
        await AssertReservedAsync("/api/v1/packages/long/releases", size);
    }

    [Test]
    public async Task The_package_is_reserved_while_a_client_reads_its_tags()
    {
        var package = Samples.Package("long/tags");
        var manifest = new OciManifest(Samples.Sha256("manifest"), OciMediaTypes.Manifest, 1);
        var tags = Enumerable.Range(0, Tags).Select(i => new PlainTag(Tag(i), manifest.Digest));
        var size = await StoreAsync(
            package,
            _ => PackageIndex.Restore(
                package, Samples.Start, [], [], new PackageArtifacts([manifest], [.. tags], [])));
        await AssertReservedAsync("/v2/long/tags/tags/list", size);
    }

    private static TagName Tag(int number)
    {
        Assert.That(TagName.TryParse($"t{number:D6}".PadRight(TagLength, 'x'), out var tag), Is.True);
        return tag;
    }

    private async Task<long> StoreAsync(PackageName package, Func<PackageIndex?, PackageIndex?> change)
    {
        var indexes = host.Services.GetRequiredService<PackageIndexes>();
        await indexes.UpdateAsync(package, new DocumentChange<PackageIndex>(change), CancellationToken.None);
        return indexes.SizeOf((await indexes.GetAsync(package, CancellationToken.None)).State);
    }

    private async Task AssertReservedAsync(string path, long size)
    {
        var budget = host.Services.GetRequiredService<TransferBudget>();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using (await SlowClient.GetAsync(host.Address, path, "", deadline.Token))
            Assert.That(() => budget.Reserved, Is.GreaterThan(size).After(30_000, 20));
        Assert.That(() => budget.Reserved, Is.Zero.After(30_000, 20));
    }
}
