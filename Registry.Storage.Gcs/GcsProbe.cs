using System.Collections.Immutable;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// Finds the bucket and tries the staging folder before the port opens: what is wrong with either is told in words that
/// name the setting.
/// </summary>
internal sealed class GcsProbe(GcsClient client, GcsStaging staging) : IStorageProbe
{
    private volatile ImmutableDictionary<string, string> facts =
        ImmutableDictionary<string, string>.Empty.Add("name", client.Options.Bucket);

    public string Name => "gcs";

    public string Description => client.Options.EmulatorAddress is { } emulator
        ? $"{Name} bucket {client.Options.Bucket} at {emulator}"
        : $"{Name} bucket {client.Options.Bucket}";

    /// <summary>
    /// The bucket's name, and once it has been probed its location and class of storage, where the identity may know
    /// them.
    /// </summary>
    public IReadOnlyDictionary<string, string> Facts => facts;

    public async ValueTask ProbeAsync(CancellationToken cancellationToken)
    {
        // Last, so that everything else is proved where the folder is full.
        await ProbeBucketAsync(cancellationToken);
        staging.Probe();
    }

    private async ValueTask ProbeBucketAsync(CancellationToken cancellationToken)
    {
        // That the identity may not ask what the bucket is says nothing about objects: the documents of the probe will
        // show.
        if (await client.FindBucketAsync(cancellationToken) is not { } bucket)
            return;
        if (bucket.RetentionPolicy is { } retention)
        {
            throw new StorageException(
                StorageFault.Denied,
                $"The bucket '{bucket.Name}' (GCS__BUCKET) keeps every object unchanged for "
                + $"{retention.RetentionPeriod} seconds by a retention policy; "
                    + "the registry replaces and deletes objects, and needs a bucket without one.");
        }

        var known = facts;
        if (bucket.Location is { } location)
            known = known.SetItem("location", location);
        if (bucket.StorageClass is { } storageClass)
            known = known.SetItem("storageClass", storageClass);
        facts = known;
    }
}
