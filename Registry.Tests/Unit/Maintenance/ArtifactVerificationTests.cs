using NUnit.Framework;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Maintenance;

/// <summary>Verification of the content that OCI and Helm clients pull.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ArtifactVerificationTests
{
    private readonly OneRegistry registry = new();

    [Test]
    public async Task An_intact_package_has_no_findings()
    {
        var stored = await ManyArtifacts.FillAsync(registry);
        Assert.That(await VerifyAsync(), Is.Empty);
        Assert.That(stored.Blobs.Values, Is.SubsetOf(registry.Stored()));
    }

    [Test]
    public async Task A_missing_blob_is_a_finding_that_names_it()
    {
        foreach (var (name, digest) in (await ManyArtifacts.FillAsync(registry)).Blobs)
        {
            var restore = registry.Lose(digest);
            var findings = await VerifyAsync();

            // An image index may name a manifest that was deleted.
            if (name == "pinned manifest")
                Assert.That(findings, Is.Empty, name);
            else
                Assert.That(
                    findings.Where(finding => finding.Contains(digest.Value, StringComparison.Ordinal)),
                    Has.Some.Contains("is missing"),
                    name);
            restore();
        }

        Assert.That(await VerifyAsync(), Is.Empty);
    }

    [Test]
    public async Task A_damaged_blob_is_a_finding_that_names_it()
    {
        foreach (var (name, digest) in (await ManyArtifacts.FillAsync(registry)).Blobs)
        {
            var repair = registry.Damage(digest);
            Assert.That(await VerifyAsync(), Has.Some.Contains(digest.Value), name);
            repair();
        }

        Assert.That(await VerifyAsync(), Is.Empty);
    }

    [Test]
    public async Task A_damaged_manifest_hides_no_other_damage()
    {
        var stored = await ManyArtifacts.FillAsync(registry);
        string[] damaged = ["image", "signature", "pushed manifest"];
        string[] lost = ["content", "layer beside", "wrapped archive", "former manifest"];
        foreach (var name in damaged)
            registry.Damage(stored.Blobs[name]);
        foreach (var name in lost)
            registry.Lose(stored.Blobs[name]);
        var findings = await VerifyAsync();
        foreach (var name in (string[])[.. damaged, .. lost])
            Assert.That(findings, Has.One.Contains(stored.Blobs[name].Value), name);
        Assert.That(findings, Has.Length.EqualTo(damaged.Length + lost.Length), string.Join('\n', findings));
    }

    [Test]
    public async Task Every_derived_manifest_that_is_made_differently_now_is_a_finding()
    {
        await ManyArtifacts.FillAsync(registry);
        var index = (await registry.IndexAsync())!;
        var changed = new List<Digest>();
        foreach (var manifest in index.Manifests.Where(static manifest => manifest.Artifact!.Current.IsDerived))
        {
            changed.Add(manifest.Artifact!.Current.Digest);
            index = index.Replace(manifest, manifest with
            {
                Artifact = manifest.Artifact with { ContentAt = manifest.Artifact.ContentAt.AddSeconds(1) },
            });
        }

        Assert.That(changed, Has.Count.EqualTo(5));
        await StoreAsync(index);
        var findings = await VerifyAsync();
        Assert.That(findings, Has.Length.EqualTo(changed.Count), string.Join('\n', findings));
        foreach (var digest in changed)
            Assert.That(findings, Has.One.Contains($"recorded sha256:{digest}"));
    }

    [Test]
    public async Task An_image_index_that_is_made_differently_now_is_a_finding()
    {
        await ManyArtifacts.FillAsync(registry);
        var current = (await registry.IndexAsync())!.Artifacts.Indexes.Single().Current!.Digest;
        var wrong = Samples.Sha256("another index");
        var json = await registry.DocumentAsync();
        await registry.Storage.Documents.PutAsync(
            OneRegistry.Name.Key, json.Replace(current.Value, wrong.Value), Precondition.None, default);
        var findings = await VerifyAsync();
        Assert.That(findings, Has.Length.EqualTo(1));
        Assert.That(findings[0], Does.Contain(wrong.Value).And.Contain(current.Value));
    }

    private async Task StoreAsync(PackageIndex index)
    {
        var stored = await registry.Storage.Documents.TryPutAsync(
            index.Name.Key, StoredIndex.Write(index), Precondition.None, default);
        Assert.That(stored, Is.Not.Null);
    }

    private async Task<string[]> VerifyAsync()
    {
        var findings = new List<string>();
        var verification = new Verification(registry.Open(), parallel: 1, found => findings.Add(found.ToString()));
        Assert.That(await verification.RunAsync(default), Is.EqualTo(findings.Count == 0));
        return [.. findings];
    }
}
