using System.Collections.Immutable;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>Checks the bucket and the staging folder. Errors name the setting.</summary>
internal sealed class GcsProbe(GcsClient client, GcsStaging staging) : IStorageProbe
{
    private volatile ImmutableDictionary<string, string> facts =
        ImmutableDictionary<string, string>.Empty.Add("name", client.Options.Bucket);

    public string Name => "gcs";

    public string Description => client.Options.EmulatorAddress is { } emulator
        ? $"{Name} bucket {client.Options.Bucket} at {emulator}"
        : $"{Name} bucket {client.Options.Bucket}";

    /// <summary>
    /// The name of the bucket and, after the probe, its location and storage class if the identity may read them.
    /// </summary>
    public IReadOnlyDictionary<string, string> Facts => facts;

    public async ValueTask ProbeAsync(CancellationToken cancellationToken)
    {
        // The staging folder is checked last, so that everything else has been checked when it is full.
        await ProbeBucketAsync(cancellationToken);
        staging.Probe();
    }

    private async ValueTask ProbeBucketAsync(CancellationToken cancellationToken)
    {
        // Missing permission to read the bucket does not imply missing access to objects. The startup check with
        // documents verifies that.
        if (await client.FindBucketAsync(cancellationToken) is not { } bucket)
            return;
        if (bucket.RetentionPolicy is { } retention)
        {
            throw new StorageException(
                StorageFault.Denied,
                $"The bucket '{bucket.Name}' (GCS__BUCKET) has a retention policy of "
                    + $"{retention.RetentionPeriod} seconds; "
                    + "the registry replaces and deletes objects, and requires a bucket without one.");
        }

        var known = facts;
        if (bucket.Location is { } location)
            known = known.SetItem("location", location);
        if (bucket.StorageClass is { } storageClass)
            known = known.SetItem("storageClass", storageClass);
        facts = known;
    }
}
