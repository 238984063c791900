using System.Globalization;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Support.Cluster;

/// <summary>
/// One bucket of the fake, which runs in this process. Each replica has its own staging folder, as on its own machine.
/// </summary>
internal sealed class GcsCluster(GcsUnderTest storage) : ClusterStorage(storage)
{
    private static readonly FakeGcsFault[] Faults =
    [
        FakeGcsFault.Respond(
            429, "rateLimitExceeded"), FakeGcsFault.Respond(503), FakeGcsFault.ResetBefore, FakeGcsFault.ResetAfter,
        FakeGcsFault.RespondAfter(503), FakeGcsFault.ResetAfter,
    ];

    public override IEnumerable<(string Name, string? Value)> SettingsOf(int replica)
    {
        var options = storage.NewOptions();
        return
        [
            ("STORAGE", "gcs"), ("GCS__BUCKET", options.Bucket), ("GCS__PREFIX", options.Prefix),
            ("GCS__STAGINGFOLDER", Path.Combine(options.StagingFolder, replica.ToString(CultureInfo.InvariantCulture))),
            ("STORAGE_EMULATOR_HOST", options.EmulatorHost),
        ];
    }

    /// <summary>Fails the next few requests of any replica: the fake cannot tell replicas apart.</summary>
    public override Task<bool> DisturbAsync(int replica, Random random, CancellationToken cancellationToken)
    {
        var (fault, left) = (Faults[random.Next(Faults.Length)], random.Next(1, 5));
        storage.Fake.Faults = _ => Interlocked.Decrement(ref left) >= 0 ? fault : null;
        return Task.FromResult(true);
    }
}
