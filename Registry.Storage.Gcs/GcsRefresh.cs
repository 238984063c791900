namespace Registry.Storage.Gcs;

/// <summary>
/// How old the last change of a staged upload's object may be when bytes are appended. An older one is renewed, so that
/// no collector discards the upload.
/// </summary>
/// <param name="After">The longest time since the last change.</param>
internal sealed record GcsRefresh(TimeSpan After)
{
    /// <summary>The time after which an upload is idle must be at least this many times the longest time.</summary>
    private const int IdleFactor = 4;

    private static readonly TimeSpan Max = TimeSpan.FromMinutes(1);

    /// <summary>Returns the longest time, up to a minute, that is safe with collectors of this idle time.</summary>
    public static GcsRefresh For(TimeSpan idle) => new(idle / IdleFactor < Max ? idle / IdleFactor : Max);
}
