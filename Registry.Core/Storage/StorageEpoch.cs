namespace Registry.Core.Storage;

/// <summary>
/// A period in which a storage loses no acknowledged write. A storage that may lose its last writes, such as a server
/// that was restarted or replaced by its replica, then begins another epoch. Opaque: only equality has a meaning, and
/// epochs never repeat.
/// </summary>
/// <param name="Value">A text defined by the backend.</param>
public readonly record struct StorageEpoch(string Value)
{
    /// <summary>Returns the error for a write whose epoch has ended. The write changed nothing.</summary>
    public static StorageException Ended() => new(
        StorageFault.EpochEnded,
        "The storage was restarted or replaced and may have lost its last writes. The write depends on them and was "
            + "not made.");

    /// <inheritdoc/>
    public override string ToString() => Value;
}
