using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Core.Transfers;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Oci;

/// <summary>The manifests that refer to another.</summary>
public sealed class ReferrersTests : OciTest
{
    private const string Signature = "application/vnd.example.signature";
    private const string Sbom = "application/vnd.example.sbom";

    [Test]
    public async Task Each_manifest_with_the_subject_is_listed_with_its_type_and_annotations()
    {
        var repository = New();
        var (_, subject) = await repository.PushArtifactAsync("subject");
        var signature = await ReferAsync(repository, subject, Signature, new JsonObject { ["by"] = "Ann & Bob <ä>" });
        var config = await ReferAsync(repository, subject, type: null);
        var index = await ReferAsync(repository, subject, type: null, isIndex: true);
        await ReferAsync(repository, OciRepository.UnknownDigest, Signature);

        using var response = await repository.SendAsync("GET", $"referrers/{subject}");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(OciRepository.HeaderOf(response, "Content-Type"), Is.EqualTo(OciMediaTypes.Index));
        Assert.That(response.Content.Headers.ContentLength, Is.Not.Null);
        Assert.That(OciRepository.HeaderOf(response, "OCI-Filters-Applied"), Is.Null);
        var list = await response.Content.ReadFromJsonAsync<JsonObject>();
        Assert.That((int?)list!["schemaVersion"], Is.EqualTo(2));
        Assert.That((string?)list["mediaType"], Is.EqualTo(OciMediaTypes.Index));
        var entries = list["manifests"]!.AsArray().ToDictionary(static entry => (string)entry!["digest"]!);
        Assert.That(entries.Keys, Is.EquivalentTo(new[] { signature.Digest, config.Digest, index.Digest }));
        Assert.That(
            entries.Values.Select(static entry => (string?)entry!["artifactType"]),
            Is.EquivalentTo(new[] { Signature, "application/vnd.example.config.v1+json", null }));
        Assert.That((string?)entries[signature.Digest]!["annotations"]!["by"], Is.EqualTo("Ann & Bob <ä>"));
        Assert.That((string?)entries[index.Digest]!["mediaType"], Is.EqualTo(OciMediaTypes.Index));
        Assert.That((string?)entries[config.Digest]!["mediaType"], Is.EqualTo(OciMediaTypes.Manifest));
        Assert.That((int?)entries[config.Digest]!["size"], Is.EqualTo(config.Bytes.Length));
    }

    [Test]
    public async Task A_filter_selects_an_artifact_type()
    {
        var repository = New();
        var (_, subject) = await repository.PushArtifactAsync("subject");
        var signature = await ReferAsync(repository, subject, Signature);
        await ReferAsync(repository, subject, Sbom);
        using var response = await repository.SendAsync(
            "GET", $"referrers/{subject}?artifactType={Uri.EscapeDataString(Signature)}");
        Assert.That(OciRepository.HeaderOf(response, "OCI-Filters-Applied"), Is.EqualTo("artifactType"));
        var list = await response.Content.ReadFromJsonAsync<JsonObject>();
        Assert.That(
            list!["manifests"]!.AsArray().Select(static entry => (string?)entry!["digest"]),
            Is.EqualTo(new[] { signature.Digest }));
    }

    [Test]
    public async Task An_unknown_manifest_or_repository_has_no_referrers()
    {
        var known = New();
        await known.PushArtifactAsync("latest");
        foreach (var repository in (OciRepository[])[known, New()])
        {
            using var response = await repository.SendAsync("GET", $"referrers/{OciRepository.UnknownDigest}");
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(
                await response.Content.ReadAsStringAsync(),
                Is.EqualTo($$"""{"schemaVersion":2,"mediaType":"{{OciMediaTypes.Index}}","manifests":[]}"""));
        }
    }

    [Test]
    public async Task A_deleted_manifest_is_not_a_referrer()
    {
        var repository = New();
        var (_, subject) = await repository.PushArtifactAsync("subject");
        var (_, digest) = await ReferAsync(repository, subject, Signature);
        using (var deleted = await repository.SendAsync("DELETE", $"manifests/{digest}"))
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        var list = await Host.Client.GetFromJsonAsync<JsonObject>($"{repository.Root}/referrers/{subject}");
        Assert.That(list!["manifests"]!.AsArray(), Is.Empty);
    }

    [Test]
    public async Task A_long_list_comes_in_pages_with_the_filter()
    {
        var repository = New();
        var (_, subject) = await repository.PushArtifactAsync("subject");
        var expected = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            var annotations = new JsonObject { ["long"] = new string('x', 400_000) };
            expected.Add((await ReferAsync(repository, subject, Signature, annotations)).Digest);
        }

        await ReferAsync(repository, subject, Sbom);
        var found = new List<string>();
        var pages = 0;
        var next = $"{repository.Root}/referrers/{subject}?artifactType={Signature}";
        for (; next is not null; pages++)
        {
            using var response = await repository.SendAsync("GET", next);
            Assert.That(response.Content.Headers.ContentLength, Is.LessThanOrEqualTo(1 << 20));
            var list = await response.Content.ReadFromJsonAsync<JsonObject>();
            found.AddRange(list!["manifests"]!.AsArray().Select(static entry => (string)entry!["digest"]!));
            next = OciRepository.HeaderOf(response, "Link")?.Split('<', '>')[1];
        }

        Assert.That(pages, Is.EqualTo(3));
        Assert.That(found, Is.EqualTo(expected.Order(StringComparer.Ordinal)));
    }

    [Test]
    public async Task A_referrer_larger_than_a_page_reserves_its_memory()
    {
        const int Bytes = 3_900_000;
        var repository = New();
        var annotations = new JsonObject { ["long"] = new string('x', Bytes) };
        await ReferAsync(repository, OciRepository.UnknownDigest, Signature, annotations);
        var budget = Host.Services.GetRequiredService<TransferBudget>();
        Assert.That(() => budget.Reserved, Is.Zero.After(10_000, 20));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var path = $"{repository.Root}/referrers/{OciRepository.UnknownDigest}";
        using (await SlowClient.GetAsync(Host.Address, path, "", deadline.Token))
            Assert.That(() => budget.Reserved, Is.GreaterThan(8L * Bytes).After(10_000, 20));
        Assert.That(() => budget.Reserved, Is.Zero.After(10_000, 20));
    }

    [TestCaseSource(typeof(Digests), nameof(Digests.Invalid))]
    public async Task An_invalid_digest_is_400(string digest)
    {
        foreach (var path in (string[])
            [$"referrers/{digest}", $"referrers/{OciRepository.UnknownDigest}?last={digest}"])
        {
            using var response = await New().SendAsync("GET", path);
            Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((400, "DIGEST_INVALID")));
        }
    }

    private static async Task<(byte[] Bytes, string Digest)> ReferAsync(
        OciRepository repository,
        string subject,
        string? type,
        JsonObject? annotations = null,
        bool isIndex = false)
    {
        if (!isIndex)
            return await repository.PushArtifactAsync(tag: null, Change);
        var index = JsonNode.Parse(OciRepository.Index([]))!.AsObject();
        Change(index);
        var bytes = Encoding.UTF8.GetBytes(index.ToJsonString());
        using var pushed = await repository.PutManifestAsync(
            OciRepository.DigestOf(bytes), bytes, OciMediaTypes.Index);
        Assert.That(OciRepository.HeaderOf(pushed, "OCI-Subject"), Is.EqualTo(subject));
        return (bytes, OciRepository.DigestOf(bytes));

        void Change(JsonObject manifest)
        {
            manifest["subject"] = OciRepository.Descriptor(OciMediaTypes.Manifest, subject, 3);
            if (type is not null)
                manifest["artifactType"] = type;
            if (annotations is not null)
                manifest["annotations"] = annotations;
        }
    }
}
