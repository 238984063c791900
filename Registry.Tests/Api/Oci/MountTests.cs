using System.Net;
using System.Security.Cryptography;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Oci;

/// <summary>Blobs that are copied from another repository.</summary>
public sealed class MountTests : OciTest
{
    private static readonly byte[] Content = RandomNumberGenerator.GetBytes(100_000);

    [Test]
    public async Task A_blob_is_copied_from_another_repository()
    {
        var (source, target) = (New(), New());
        var digest = await source.PushBlobAsync(Content);
        using var mounted = await MountAsync(target, digest, source.Name);
        Assert.That(mounted.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(mounted.Headers.Location!.OriginalString, Is.EqualTo($"{target.Root}/blobs/{digest}"));
        Assert.That(OciRepository.HeaderOf(mounted, "Docker-Content-Digest"), Is.EqualTo(digest));
        Assert.That(await Host.Client.GetByteArrayAsync(mounted.Headers.Location), SameBytes.As(Content));

        using (var deleted = await source.SendAsync("DELETE", $"blobs/{digest}"))
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(await Host.Client.GetByteArrayAsync(mounted.Headers.Location), SameBytes.As(Content));
    }

    [Test]
    public async Task A_blob_is_copied_within_its_repository()
    {
        var repository = New();
        var digest = await repository.PushBlobAsync(Content);
        using var mounted = await MountAsync(repository, digest, repository.Name);
        Assert.That(mounted.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(await Host.Client.GetByteArrayAsync(mounted.Headers.Location), SameBytes.As(Content));
    }

    [TestCase("unknown/source")]
    [TestCase("Not/A/Name")]
    [TestCase("")]
    [TestCase(null)]
    public async Task A_blob_that_cannot_be_copied_is_an_ordinary_upload(string? from)
    {
        var (source, target) = (New(), New());
        var digest = await source.PushBlobAsync(Content);
        using var begun = await MountAsync(target, digest, from);
        Assert.That(begun.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        var location = begun.Headers.Location!.OriginalString;
        Assert.That(location, Does.StartWith($"{target.Root}/blobs/uploads/"));
        Assert.That(OciRepository.HeaderOf(begun, "Docker-Content-Digest"), Is.Null);
        using var stored = await target.SendAsync("PUT", $"{location}?digest={digest}", OciRepository.Bytes(Content));
        Assert.That(stored.StatusCode, Is.EqualTo(HttpStatusCode.Created));
    }

    [Test]
    public async Task An_unknown_blob_is_an_ordinary_upload()
    {
        var source = New();
        await source.PushBlobAsync(Content);
        using var begun = await MountAsync(New(), OciRepository.UnknownDigest, source.Name);
        Assert.That(begun.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
    }

    private static Task<HttpResponseMessage> MountAsync(OciRepository target, string digest, string? from) =>
        target.SendAsync("POST", $"blobs/uploads/?mount={digest}{(from is null ? "" : $"&from={from}")}");
}
