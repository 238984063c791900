using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Telemetry;

/// <summary>How an operation ended: the values of the tag <c>outcome</c>.</summary>
internal static class StorageOutcome
{
    /// <summary>It succeeded.</summary>
    public const string Ok = "ok";

    /// <summary>There was nothing under the key.</summary>
    public const string Absent = "absent";

    /// <summary>The precondition did not hold.</summary>
    public const string Conflict = "conflict";

    /// <summary>The caller cancelled it.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>There was no memory for the buffers of the transfer, which is no fault of the storage.</summary>
    public const string NoMemory = "no_memory";

    /// <summary>It threw an exception that is not a storage fault, such as an invalid argument.</summary>
    public const string Error = "error";

    /// <summary>Returns the outcome of an operation that throws.</summary>
    public static string Of(Exception fault) => fault switch
    {
        StorageException storage => Of(storage.Kind),
        OperationCanceledException => Cancelled,
        RegistryException => NoMemory,

        // Ranges come from the recorded length, so the blob is shorter than that.
        ArgumentOutOfRangeException => Of(StorageFault.Corrupt),
        _ => Error,
    };

    /// <summary>Returns the outcome of a read.</summary>
    public static string OfRead(object? result) => result is null ? Absent : Ok;

    /// <summary>
    /// Returns the outcome of a delete. With a precondition, absence and a conflict are indistinguishable.
    /// </summary>
    public static string OfDelete(Precondition precondition, bool deleted) =>
        deleted ? Ok : precondition.Kind == PreconditionKind.None ? Absent : Conflict;

    private static string Of(StorageFault fault) => fault switch
    {
        StorageFault.Unavailable => "unavailable",
        StorageFault.Throttled => "throttled",
        StorageFault.Full => "full",
        StorageFault.Denied => "denied",
        StorageFault.Corrupt => "corrupt",
        StorageFault.NewerSchema => "newer_schema",
        StorageFault.EpochEnded => "epoch_ended",
        _ => Error,
    };
}
