namespace Registry.Core.Storage;

/// <summary>
/// The one exception of both storage ports: the storage failed, whatever the engine behind it calls that.
/// </summary>
/// <param name="kind">What kind of failure.</param>
/// <param name="message">For the operator's log; may name files and hosts, so it never reaches a client.</param>
/// <param name="inner">The engine's own exception, null where there is none.</param>
public sealed class StorageException(
    StorageFault kind, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What kind of failure.</summary>
    public StorageFault Kind { get; } = kind;

    /// <summary>
    /// True when the change was made and can be read, but may not be durable: reading does not tell what became of it.
    /// The next change of the same key, or <see cref="IDocumentStore.EnsureDurableAsync"/>, settles it.
    /// </summary>
    public bool IsUnflushed { get; init; }

    /// <summary>
    /// True when the write has certainly not happened and will not: the storage refused it, and no earlier try of it is
    /// in doubt. False where that is not known.
    /// </summary>
    public bool ChangedNothing { get; init; }

    /// <summary>How long the storage asks to be left alone; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>True when the same call may succeed a moment later.</summary>
    public bool IsTransient => Kind is StorageFault.Unavailable or StorageFault.Throttled;
}

/// <summary>The kinds of failure of a storage.</summary>
public enum StorageFault
{
    /// <summary>It did not answer, or not in time.</summary>
    Unavailable,

    /// <summary>It asks for fewer requests.</summary>
    Throttled,

    /// <summary>It has no room: a full disk, memory or quota.</summary>
    Full,

    /// <summary>It does not let us: credentials or permissions.</summary>
    Denied,

    /// <summary>What it holds is damaged or not ours.</summary>
    Corrupt,

    /// <summary>
    /// It holds a document in a form that a later version of the registry introduced. The document is sound, and this
    /// version can neither read nor change it.
    /// </summary>
    NewerSchema,

    /// <summary>
    /// The write was to happen in an epoch that has ended: see <see cref="StorageEpoch"/>. It certainly did not happen.
    /// </summary>
    EpochEnded,
}
