using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// The blobs that this process touched recently, so that many pushes of the same content share one touch. The service
/// accepts about one change per second of an object.
/// </summary>
/// <remarks>
/// A commit protects a blob from collectors by the age of its revision, which must have been created no earlier than
/// <see cref="Window"/> before the commit. Only the clock of this process decides, and the time is taken before the
/// touch is sent.
/// </remarks>
/// <param name="time">The clock.</param>
/// <param name="window">See <see cref="Window"/>.</param>
internal sealed class GcsTouches(TimeProvider time, TimeSpan window)
{
    /// <summary>The maximum number of remembered touches. Blobs above it are touched each time.</summary>
    private const int MaxBlobs = 10_000;

    /// <summary>The grace period of a collector must be at least this many times the window.</summary>
    private const int GraceFactor = 4;

    private static readonly TimeSpan MaxWindow = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Touch> touches = [];

    /// <summary>How long a touch can be shared by other commits.</summary>
    public TimeSpan Window => window;

    /// <summary>
    /// Returns true when commits of a scope may share touches. Only those of packages may: the upload time of an app
    /// archive is shown to clients and defines their order.
    /// </summary>
    public bool IsShared(StoreKey scope) => window > TimeSpan.Zero && GcsBlobs.AreReferenced(scope);

    /// <summary>
    /// Returns the longest window, up to 10 seconds, that is safe for collectors with this grace period.
    /// </summary>
    public static TimeSpan WindowFor(
        TimeSpan grace) => grace / GraceFactor < MaxWindow ? grace / GraceFactor : MaxWindow;

    /// <summary>Returns true when the blob was touched within the window, so that it very likely exists.</summary>
    public bool Contains(string name) => Find(name) is not null;

    /// <summary>
    /// Returns true when this state of a blob was created by a touch within the window. A state with an earlier upload
    /// time was not: that time was set explicitly.
    /// </summary>
    public bool IsRecent(string name, GcsObject found) => Find(name) is { } touch
        && GcsMetadata.UploadedAtOf(found) >= touch.UploadedAt
        && (found.Generation > touch.Generation
            || (found.Generation == touch.Generation && found.Metageneration >= touch.Metageneration));

    /// <summary>Remembers a touch.</summary>
    /// <param name="name">The name of the object.</param>
    /// <param name="touched">The object after the touch.</param>
    /// <param name="sentAt">
    /// The time just before the touch was sent, from <see cref="TimeProvider.GetTimestamp"/>.
    /// </param>
    public void Add(string name, GcsObject touched, long sentAt)
    {
        lock (gate)
        {
            if (touches.Count >= MaxBlobs)
                foreach (var (old, touch) in touches)
                    if (time.GetElapsedTime(touch.SentAt) >= window)
                        touches.Remove(old);
            if (touches.Count < MaxBlobs || touches.ContainsKey(name))
                touches[name] = new Touch(
                    touched.Generation ?? 0,
                    touched.Metageneration ?? 0,
                    GcsMetadata.UploadedAtOf(touched),
                    sentAt);
        }
    }

    private Touch? Find(string name)
    {
        lock (gate)
        {
            if (!touches.TryGetValue(name, out var touch))
                return null;
            if (time.GetElapsedTime(touch.SentAt) < window)
                return touch;
            touches.Remove(name);
            return null;
        }
    }

    private sealed record Touch(long Generation, long Metageneration, DateTimeOffset UploadedAt, long SentAt);
}
