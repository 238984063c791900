namespace Registry.Storage.Gcs;

/// <summary>
/// Which blobs this process has touched a moment ago, so that many pushes of the same content touch it once: the
/// service takes about one change a second of one object.
/// </summary>
/// <remarks>
/// A commit protects a blob from collectors by the age of its revision alone: it must have come into being no earlier
/// than <see cref="Window"/> before the commit. Only the clock of this process decides, and it started before the touch
/// was sent.
/// </remarks>
/// <param name="time">The clock.</param>
/// <param name="window">See <see cref="Window"/>.</param>
internal sealed class GcsTouches(TimeProvider time, TimeSpan window)
{
    /// <summary>
    /// More than this many touched blobs are not remembered: those that come on top are touched each time.
    /// </summary>
    private const int MaxBlobs = 10_000;

    /// <summary>A collector's grace must be four times as long at least.</summary>
    private const int GraceShare = 4;

    private static readonly TimeSpan MaxWindow = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Touch> touches = [];

    /// <summary>For how long a touch serves other commits.</summary>
    public TimeSpan Window => window;

    /// <summary>The longest window, up to 10 seconds, that is safe beside collectors with this grace.</summary>
    public static TimeSpan WindowFor(TimeSpan grace) => grace / GraceShare < MaxWindow ? grace / GraceShare : MaxWindow;

    /// <summary>True when a blob of this name was touched within the window, so that it is most likely there.</summary>
    public bool Knows(string name) => Find(name) is not null;

    /// <summary>True when this state of a blob came into being within the window, by a touch.</summary>
    public bool IsRecent(string name, GcsObject found) => Find(name) is { } touch
        && (found.Generation > touch.Generation
            || (found.Generation == touch.Generation && found.Metageneration >= touch.Metageneration));

    /// <summary>Remembers a touch.</summary>
    /// <param name="name">The name of the object.</param>
    /// <param name="touched">The object as it was left.</param>
    /// <param name="began">
    /// A moment before the touch was sent, as <see cref="TimeProvider.GetTimestamp"/> gives it.
    /// </param>
    public void Note(string name, GcsObject touched, long began)
    {
        lock (gate)
        {
            if (touches.Count >= MaxBlobs)
                foreach (var (old, touch) in touches)
                    if (time.GetElapsedTime(touch.Began) >= window)
                        touches.Remove(old);
            if (touches.Count < MaxBlobs || touches.ContainsKey(name))
                touches[name] = new Touch(touched.Generation ?? 0, touched.Metageneration ?? 0, began);
        }
    }

    private Touch? Find(string name)
    {
        lock (gate)
        {
            if (!touches.TryGetValue(name, out var touch))
                return null;
            if (time.GetElapsedTime(touch.Began) < window)
                return touch;
            touches.Remove(name);
            return null;
        }
    }

    private sealed record Touch(long Generation, long Metageneration, long Began);
}
