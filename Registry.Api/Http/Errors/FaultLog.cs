using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Api.Http.Errors;

/// <summary>
/// Keeps repeated faults from flooding the log. The caller logs the first fault of a kind in full; those of the next
/// <see cref="Window"/> are counted and logged as one line. A kind that does not recur within a window is forgotten, so
/// that its next fault counts as the first again.
/// </summary>
internal sealed partial class FaultLog(TimeProvider time, ILogger<FaultLog> logger) : IDisposable
{
    /// <summary>How long the repetitions of a fault are counted before they are logged.</summary>
    internal static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>The most kinds that are tracked at a time; faults beyond that are grouped by status.</summary>
    internal const int MaxKinds = 100;

    private readonly Lock gate = new();
    private readonly Dictionary<Kind, Repetitions> seen = [];
    private bool disposed;
    private long unreadable;

    /// <summary>How many faults were missing or damaged data, since the start of the process.</summary>
    public long Unreadable => Interlocked.Read(ref unreadable);

    /// <summary>Returns whether the caller must log a fault; otherwise counts it.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="operation">
    /// What failed, such as <c>GET /healthz</c>. Logged with the count if it is the latest.
    /// </param>
    /// <param name="status">The status of the response; null if there was none.</param>
    /// <returns>True if the caller must log the fault with its stack trace; false if it was counted.</returns>
    public bool IsFirst(Exception fault, string operation, int? status)
    {
        if (fault is StorageException { Kind: StorageFault.Corrupt })
            Interlocked.Increment(ref unreadable);
        lock (gate)
        {
            if (disposed)
                return true;
            var kind = KindOf(fault, status);
            if (seen.Count >= MaxKinds && !seen.ContainsKey(kind))
                kind = new Kind(typeof(Exception), status, null, null);
            if (seen.TryGetValue(kind, out var repetitions))
            {
                repetitions.Count++;
                repetitions.Latest = (operation, fault.Message);
                return false;
            }

            seen.Add(kind, new Repetitions(time.CreateTimer(_ => EndWindow(kind), state: null, Window, Window)));
            return true;
        }
    }

    /// <summary>Logs the counts that are left.</summary>
    public void Dispose()
    {
        List<KeyValuePair<Kind, Repetitions>> left;
        lock (gate)
        {
            disposed = true;
            left = [.. seen];
            seen.Clear();
        }

        foreach (var (kind, repetitions) in left)
        {
            repetitions.Timer.Dispose();
            LogCount(kind, repetitions.Count, repetitions.Latest);
        }
    }

    /// <summary>
    /// Returns the kind of a fault. The messages of an unavailable storage differ in their figures, so the message is
    /// part of the kind only if it names the object that cannot be read.
    /// </summary>
    private static Kind KindOf(Exception fault, int? status) => fault switch
    {
        StorageException { Kind: StorageFault.Corrupt or StorageFault.NewerSchema } unreadable =>
            new(fault.GetType(), status, unreadable.Kind, unreadable.Message),
        StorageException storage =>
            new(storage.InnerException?.GetType() ?? fault.GetType(), status, storage.Kind, null),
        RegistryException refusal =>
            new(fault.GetType(), status, refusal.Code, PackageOf(refusal) ?? fault.TargetSite?.ToString()),
        _ => new(fault.GetType(), status, null, fault.TargetSite?.ToString()),
    };

    /// <summary>Returns the package of a rejection whose outcome may be unknown; null for none.</summary>
    private static string? PackageOf(RegistryException refusal) =>
        refusal.Details.FirstOrDefault(static detail => detail.Name == "package").Value?.ToString();

    private void EndWindow(Kind kind)
    {
        int count;
        (string Operation, string Reason) latest;
        lock (gate)
        {
            if (!seen.TryGetValue(kind, out var repetitions))
                return;
            (count, latest) = (repetitions.Count, repetitions.Latest);
            repetitions.Count = 0;
            if (count == 0)
            {
                seen.Remove(kind);
                repetitions.Timer.Dispose();
            }
        }

        LogCount(kind, count, latest);
    }

    // Outside the lock: writing a log may block, and requests must not wait for it.
    private void LogCount(Kind kind, int count, (string Operation, string Reason) latest)
    {
        if (count == 0)
            return;
        var outcome = kind.Status is { } status ? $"failed with {status}" : "failed";
        LogRepeated(count, Window.TotalSeconds, $"{latest.Operation} {outcome}", latest.Reason);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Count} more failures of the same kind within {Seconds} s, the latest: {Failure}: {Reason}")]
    private partial void LogRepeated(int count, double seconds, string failure, string reason);

    /// <param name="Type">The type of the fault, or of its cause.</param>
    /// <param name="Status">The status of the response; null for none.</param>
    /// <param name="Code">The kind of the storage fault, or the code of the rejection; null for other faults.</param>
    /// <param name="Where">The damaged object, or the method that failed; null if irrelevant.</param>
    private sealed record Kind(Type Type, int? Status, object? Code, string? Where);

    private sealed class Repetitions(ITimer timer)
    {
        public ITimer Timer { get; } = timer;

        public int Count { get; set; }

        public (string Operation, string Reason) Latest { get; set; }
    }
}
