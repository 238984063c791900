namespace Registry.Core.Storage;

/// <summary>
/// A stretch of a storage's history within which nothing that was acknowledged is lost. A storage that may come back
/// without its last writes, as a server that was restarted or replaced by its replica, begins another epoch when it
/// does. Opaque: only equality has a meaning, and no epoch comes back.
/// </summary>
/// <param name="Value">The backend's own text.</param>
public readonly record struct StorageEpoch(string Value)
{
    /// <summary>
    /// The failure of a write that was to happen in an epoch that has ended. The write changed nothing.
    /// </summary>
    public static StorageException Ended() => new(
        StorageFault.EpochEnded,
        "The storage was restarted or replaced meanwhile and may have lost its last writes. What rests on them was "
            + "not written.");

    /// <inheritdoc/>
    public override string ToString() => Value;
}
