using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Etcd;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Etcd;

/// <summary>Writes without a response.</summary>
public sealed partial class EtcdFaults
{
    [Test]
    public async Task A_write_without_a_response_fails_and_is_never_resent()
    {
        await StartAsync();
        await using var proxy = new CuttingProxy(server!.Port);
        await using var cut = new EtcdUnderTest(server, $"http://127.0.0.1:{proxy.Port}");
        cut.Options.Prefix = storage!.Options.Prefix;
        var (cutDocuments, cutBlobs, _) = await cut.OpenAsync();

        proxy.DropsResponses = true;
        var putting = cutDocuments.TryPutAsync(Sample, "one", Precondition.None, cancellationToken).AsTask();
        var revision = (await WaitForAsync(async () => await documents.GetAsync(Sample, cancellationToken))).Revision;
        await proxy.CutAsync();
        await AssertUnavailableAsync(() => putting);
        Assert.That(
            (await documents.GetAsync(Sample, cancellationToken))!.Revision,
            Is.EqualTo(revision),
            "it was written once");
        Assert.That(
            (await cutDocuments.GetAsync(Sample, cancellationToken))!.Revision,
            Is.EqualTo(revision),
            "the next call finds a connection");

        await using var writer = await cutBlobs.CreateAsync(Sample, cancellationToken);
        await writer.WriteAsync(Small, cancellationToken);
        await AssertCommittedOnceAsync(
            proxy,
            Small,
            digest => writer.CommitAsync(digest, null, cancellationToken).AsTask(),
            () => writer.DisposeAsync().AsTask());
    }

    [Test]
    public async Task An_upload_whose_commit_got_no_response_is_not_rolled_back()
    {
        await StartAsync();
        await using var proxy = new CuttingProxy(server!.Port);
        await using var cut = new EtcdUnderTest(server, $"http://127.0.0.1:{proxy.Port}");
        var keys = new EtcdKeys(storage!.Options.Prefix);
        using var client = cut.NewClient();
        using var uploads = new EtcdUploads(client, keys, cut.Time, Budgets.Ample());
        await uploads.BeginAsync("upload", Large.AsMemory(0, EtcdUploads.ChunkBytes), cancellationToken);
        await uploads.StageAsync("upload", 1, Small, cancellationToken);
        byte[] whole = [.. Large.AsSpan(0, EtcdUploads.ChunkBytes), .. Small];
        await AssertCommittedOnceAsync(
            proxy,
            whole,
            digest =>
                new BlobCommit(uploads, new BlobKey(Sample, digest), null).UploadAsync(
                    "upload", whole.Length, cancellationToken),
            () => uploads.DiscardAsync("upload", cancellationToken));
    }
}
