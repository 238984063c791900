using System.Net;
using NUnit.Framework;
using Registry.Tests.Support.Clients;

namespace Registry.Tests.EndToEnd.Clients;

/// <summary>Charts that helm signs, and verifies when it pulls them.</summary>
[TestFixtureSource(typeof(HelmClient), nameof(HelmClient.Versions))]
public sealed class HelmProvenanceTests(string version) : HelmTest(version)
{
    private const string Archive = "app-1.0.0.tgz";
    private const string Provenance = $"{Archive}.prov";

    private string KeyRing => Path.Combine(Folder, "keys.gpg");

    private string Signed => Path.Combine(Folder, "signed");

    [SetUp]
    public async Task SignAsync()
    {
        await SigningKey.WriteAsync(KeyRing, CancellationToken);
        var chart = await new SampleChart("app", "1.0.0").UnpackAsync(
            Path.Combine(Folder, "source"), CancellationToken);
        await Helm.RunAsync(
            "package",
            chart,
            "--sign",
            "--key",
            SigningKey.User,
            "--keyring",
            KeyRing,
            "--destination",
            Directory.CreateDirectory(Signed).FullName);
    }

    [Test]
    public async Task A_pushed_signature_is_verified_both_ways()
    {
        await Helm.RunAsync("push", Path.Combine(Signed, Archive), Oci);
        await AssertVerifiedBothWaysAsync();
    }

    [Test]
    public async Task A_signature_that_is_posted_with_the_chart_is_verified_both_ways()
    {
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(await BytesAsync(Archive)), "chart", Archive },
            { new ByteArrayContent(await BytesAsync(Provenance)), "prov", Provenance },
        };
        await SendAsync(HttpMethod.Post, $"/helm/api/{Namespace}/charts", form, HttpStatusCode.Created);
        await AssertVerifiedBothWaysAsync();
    }

    [Test]
    public async Task A_signature_that_is_posted_later_is_verified_both_ways()
    {
        // helm pushes the signature that lies beside the archive.
        var alone = Path.Combine(Folder, Archive);
        File.Copy(Path.Combine(Signed, Archive), alone);
        await Helm.RunAsync("push", alone, Oci);
        await AddRepositoryAsync();
        foreach (var reference in (string[])[$"{Oci}/app", "repo/app"])
        {
            AssertIsOnly(await Helm.PullAsync(reference, "--prov"), Archive, await BytesAsync(Archive));
            await Helm.FailAsync("pull", reference, "--verify", "--keyring", KeyRing);
        }

        await SendAsync(
            HttpMethod.Post,
            $"/helm/api/{Namespace}/prov",
            new ByteArrayContent(await BytesAsync(Provenance)),
            HttpStatusCode.Created);
        await AssertVerifiedBothWaysAsync();
    }

    private async Task AssertVerifiedBothWaysAsync()
    {
        await AddRepositoryAsync();
        foreach (var reference in (string[])[$"{Oci}/app", "repo/app"])
        {
            var files = await Helm.PullAsync(reference, "--prov");
            Assert.That(files.Keys, Is.EquivalentTo([Archive, Provenance]), reference);
            foreach (var (name, bytes) in files)
                Assert.That(bytes, Is.EqualTo(await BytesAsync(name)).AsCollection, $"{reference}: {name}");
            await Helm.PullAsync(reference, "--verify", "--keyring", KeyRing);
        }
    }

    private Task<byte[]> BytesAsync(string name) =>
        File.ReadAllBytesAsync(Path.Combine(Signed, name), CancellationToken);
}
