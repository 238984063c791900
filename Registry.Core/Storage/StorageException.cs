namespace Registry.Core.Storage;

/// <summary>The exception of the storage ports: the storage failed.</summary>
/// <param name="kind">The kind of failure.</param>
/// <param name="message">
/// The message for the operator's log. It may name files and hosts, so clients never see it.
/// </param>
/// <param name="inner">The exception of the engine; null for none.</param>
public sealed class StorageException(
    StorageFault kind, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The kind of failure.</summary>
    public StorageFault Kind { get; } = kind;

    /// <summary>
    /// True when the change was made and is visible but may not be durable, so that reading does not reveal the
    /// outcome. The next change of the same key, or <see cref="IDocumentStore.EnsureDurableAsync"/>, makes it durable.
    /// </summary>
    public bool IsUnflushed { get; init; }

    /// <summary>
    /// True when the write certainly did not and will not happen: the storage rejected it, and no earlier attempt has
    /// an unknown outcome. False when this is not known.
    /// </summary>
    public bool ChangedNothing { get; init; }

    /// <summary>
    /// How long to wait before a retry, as requested by the storage; null when it did not specify a time.
    /// </summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>True when a retry may succeed.</summary>
    public bool IsTransient => Kind is StorageFault.Unavailable or StorageFault.Throttled;
}

/// <summary>The kind of a storage failure.</summary>
public enum StorageFault
{
    /// <summary>
    /// The storage cannot be reached, is not ready, did not respond in time, or has discarded an abandoned write or
    /// staged upload.
    /// </summary>
    Unavailable,

    /// <summary>The storage received too many requests.</summary>
    Throttled,

    /// <summary>The storage has no space left: a full disk, memory or quota.</summary>
    Full,

    /// <summary>The storage denied access because of credentials, permissions or its configuration.</summary>
    Denied,

    /// <summary>The stored data is damaged or was not written by the registry.</summary>
    Corrupt,

    /// <summary>
    /// A document has a schema of a later version of the registry. The document is intact, but this version can neither
    /// read nor change it.
    /// </summary>
    NewerSchema,

    /// <summary>
    /// The required epoch has ended: see <see cref="StorageEpoch"/>. The write certainly did not happen.
    /// </summary>
    EpochEnded,
}
