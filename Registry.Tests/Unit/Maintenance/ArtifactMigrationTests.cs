using NUnit.Framework;
using Registry.Core.Maintenance;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Maintenance;

/// <summary>Migration of the content that OCI and Helm clients pull.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ArtifactMigrationTests
{
    private readonly OneRegistry source = new();
    private readonly OneRegistry target = new();
    private readonly List<string> findings = [];

    [Test]
    public async Task Everything_that_a_package_refers_to_is_copied_and_nothing_else()
    {
        var stored = await ManyArtifacts.FillAsync(source);
        await source.BlobAsync("named by nothing"u8.ToArray(), "text/plain");
        await source.Storage.Blobs.CommitAsync(Samples.Package("a/gone").Key, Samples.TarGz("gone"), default);

        Assert.That(await MigrateAsync(), Is.True, string.Join('\n', findings));
        Assert.That(target.Stored(), Is.EquivalentTo(stored.Blobs.Values.Distinct()));
        Assert.That(await stored.ReadAllAsync(target), Is.EqualTo(await stored.ReadAllAsync(source)).AsCollection);
    }

    [Test]
    public async Task A_package_without_one_of_its_blobs_is_not_copied()
    {
        foreach (var (name, digest) in (await ManyArtifacts.FillAsync(source)).Blobs)
        {
            if (name == "pinned manifest")
                continue;
            findings.Clear();
            var restore = source.Lose(digest);
            Assert.That(await MigrateAsync(), Is.False, name);
            Assert.That(findings, Has.Some.Contains(digest.Value), name);
            Assert.That(target.Storage.StoredDocuments, Is.Empty, name);
            restore();
        }

        Assert.That(await MigrateAsync(), Is.True, string.Join('\n', findings));
    }

    [Test]
    public async Task Damage_at_the_target_is_found_by_reading_back()
    {
        var stored = await ManyArtifacts.FillAsync(source);
        Assert.That(await MigrateAsync(), Is.True);
        foreach (var (name, digest) in stored.Blobs)
        {
            findings.Clear();
            var repair = target.Damage(digest);
            Assert.That(await MigrateAsync(), Is.False, name);
            Assert.That(findings, Has.Some.Contains(digest.Value), name);
            repair();
        }
    }

    [Test]
    public async Task A_package_with_artifacts_only_is_copied()
    {
        var image = await source.ImageAsync("image");
        var digest = await source.PutAsync(image, "latest");
        Assert.That(await MigrateAsync(), Is.True, string.Join('\n', findings));
        Assert.That(await target.ReadAsync("latest"), Is.EqualTo(image));
        Assert.That(await target.DigestAsync("latest"), Is.EqualTo(digest));
    }

    private Task<bool> MigrateAsync() =>
        new Migration(source.Open(), target.Open(), new MigrationOptions { Parallel = 1 }, finding =>
        {
            lock (findings)
                findings.Add(finding.ToString());
        }).RunAsync(default);
}
