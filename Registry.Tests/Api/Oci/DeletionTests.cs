using System.Net;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Core.Events;

namespace Registry.Tests.Api.Oci;

/// <summary>Manifests and tags that are deleted.</summary>
public sealed class DeletionTests : OciTest
{
    [Test]
    public async Task A_deleted_tag_leaves_its_manifest()
    {
        var repository = New();
        var (manifest, digest) = await repository.PushArtifactAsync("one");
        using (var pushed = await repository.PutManifestAsync("two", manifest))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        await DeleteAsync(repository, "one");
        Assert.That(await repository.TagsAsync(), Is.EqualTo(new[] { "two" }));
        await AssertGoneAsync(repository, "one");
        await DeleteAsync(repository, "two");
        Assert.That(await repository.TagsAsync(), Is.Empty);
        Assert.That(
            await Host.Client.GetByteArrayAsync($"{repository.Root}/manifests/{digest}"), Is.EqualTo(manifest));
    }

    [Test]
    public async Task A_deleted_manifest_takes_its_tags_with_it()
    {
        var repository = New();
        var (manifest, digest) = await repository.PushArtifactAsync("one");
        using (var pushed = await repository.PutManifestAsync("two", manifest))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        await repository.PushArtifactAsync("other");
        await DeleteAsync(repository, digest);
        Assert.That(await repository.TagsAsync(), Is.EqualTo(new[] { "other" }));
        foreach (var reference in (string[])["one", "two", digest])
            await AssertGoneAsync(repository, reference);
    }

    [Test]
    public async Task A_referrer_stays_without_its_subject()
    {
        var repository = New();
        var (_, subject) = await repository.PushArtifactAsync("subject");
        var (_, referrer) = await repository.PushArtifactAsync(tag: null, manifest =>
            manifest["subject"] = OciRepository.Descriptor(OciMediaTypes.Manifest, subject, 3));
        await DeleteAsync(repository, subject);
        using var found = await repository.SendAsync("HEAD", $"manifests/{referrer}");
        Assert.That(found.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_repository_whose_last_manifest_was_deleted_has_no_tags()
    {
        var repository = New();
        var (_, digest) = await repository.PushArtifactAsync("latest");
        await DeleteAsync(repository, digest);
        Assert.That(await repository.TagsAsync(), Is.Empty);
        using var gone = await repository.SendAsync("GET", "manifests/latest");
        Assert.That(await OciRepository.ErrorOfAsync(gone), Is.EqualTo((404, "MANIFEST_UNKNOWN")));
    }

    [Test]
    public async Task Every_change_is_logged()
    {
        const string By = ", by anonymous from 127.0.0.1";
        var repository = New();
        var (manifest, digest) = await repository.PushArtifactAsync("latest");
        var layer = JsonNode.Parse(manifest)!["layers"]![0]!;
        var blob = await repository.PushBlobAsync("blob"u8.ToArray());
        await DeleteAsync(repository, "latest");
        await DeleteAsync(repository, digest);
        using (var deleted = await repository.SendAsync("DELETE", $"blobs/{blob}"))
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(
            Host.Log.Entries.Where(static entry => entry.Category == AuditLog.Category)
                .Select(static entry => entry.Message)
                .Where(message => message.Contains(repository.Name, StringComparison.Ordinal)),
            Is.EqualTo(new[]
            {
                $"Pushed blob {OciRepository.DigestOf("{}"u8)[7..]} of {repository.Name}, 2 bytes{By}",
                $"Pushed blob {((string)layer["digest"]!)[7..]} of {repository.Name}, {layer["size"]} bytes{By}",
                $"Pushed manifest {digest[7..]} of {repository.Name}, {manifest.Length} bytes, tags latest{By}",
                $"Pushed blob {blob[7..]} of {repository.Name}, 4 bytes{By}",
                $"Deleted tag latest of {repository.Name}{By}",
                $"Deleted manifest {digest[7..]} of {repository.Name}{By}",
                $"Deleted blob {blob[7..]} of {repository.Name}, 4 bytes{By}",
            }));
    }

    private static async Task DeleteAsync(OciRepository repository, string reference)
    {
        using var deleted = await repository.SendAsync("DELETE", $"manifests/{reference}");
        Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
    }

    private static async Task AssertGoneAsync(OciRepository repository, string reference)
    {
        foreach (var method in (string[])["GET", "DELETE"])
        {
            using var gone = await repository.SendAsync(method, $"manifests/{reference}");
            Assert.That(await OciRepository.ErrorOfAsync(gone), Is.EqualTo((404, "MANIFEST_UNKNOWN")));
        }
    }
}
