namespace Registry.Core.Telemetry;

/// <summary>
/// Counts the attempts that the client of a storage repeated within an operation. Thread-safe.
/// </summary>
public sealed class StorageRetries
{
    private long count;

    /// <summary>The number since the process started.</summary>
    public long Count => Interlocked.Read(ref count);

    /// <summary>Counts one.</summary>
    public void Add() => Interlocked.Increment(ref count);
}
