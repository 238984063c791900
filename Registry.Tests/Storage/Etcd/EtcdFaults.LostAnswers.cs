using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Etcd;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Etcd;

/// <summary>Writes that etcd did not answer.</summary>
public sealed partial class EtcdFaults
{
    [Test]
    public async Task A_write_whose_answer_was_lost_is_a_failure_and_is_never_sent_again()
    {
        await StartAsync();
        await using var proxy = new CuttingProxy(server!.Port);
        await using var cut = new EtcdUnderTest(server, $"http://127.0.0.1:{proxy.Port}");
        cut.Options.Prefix = storage!.Options.Prefix;
        var (cutDocuments, cutBlobs, _) = await cut.OpenAsync();

        proxy.SwallowsAnswers = true;
        var putting = cutDocuments.TryPutAsync(Sample, "one", Precondition.None, cancellationToken).AsTask();
        var revision = (await UntilAsync(async () => await documents.GetAsync(Sample, cancellationToken))).Revision;
        await proxy.CutAsync();
        await DemandUnavailableAsync(() => putting);
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
        await DemandCommittedOnceAsync(
            proxy,
            Small,
            digest => writer.CommitAsync(digest, null, cancellationToken).AsTask(),
            () => writer.DisposeAsync().AsTask());
    }

    [Test]
    public async Task An_upload_whose_commit_was_not_answered_is_not_taken_back()
    {
        await StartAsync();
        await using var proxy = new CuttingProxy(server!.Port);
        await using var cut = new EtcdUnderTest(server, $"http://127.0.0.1:{proxy.Port}");
        var keys = new EtcdKeys(storage!.Options.Prefix);
        using var client = cut.NewClient();
        using var space = new EtcdUploads(client, keys, cut.Time, Budgets.Ample());
        await space.BeginAsync("upload", Large.AsMemory(0, EtcdUploads.ChunkBytes), cancellationToken);
        await space.StageAsync("upload", 1, Small, cancellationToken);
        byte[] whole = [.. Large.AsSpan(0, EtcdUploads.ChunkBytes), .. Small];
        await DemandCommittedOnceAsync(
            proxy,
            whole,
            digest =>
                new BlobCommit(space, new BlobKey(Sample, digest), null).UploadAsync(
                    "upload", whole.Length, cancellationToken),
            () => space.DiscardAsync("upload", cancellationToken));
    }
}
