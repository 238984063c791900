using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Gcs;

/// <summary>What is uploaded in one request or in a resumable session, and what can go wrong.</summary>
public abstract class GcsTransferFaults : GcsFaults
{
    protected const int Chunk = 256 * 1024;

    /// <summary>Four chunks and a bit.</summary>
    protected static byte[] Large { get; } = StorageShortcuts.Bytes((4 * Chunk) + 12_345);

    protected static byte[] Small { get; } = StorageShortcuts.Bytes(100_000);

    private protected static FakeGcsFault[] Transient { get; } =
    [
        FakeGcsFault.Respond(429), FakeGcsFault.Respond(503), FakeGcsFault.RespondAfter(503),
        FakeGcsFault.ResetBefore, FakeGcsFault.ResetAfter, FakeGcsFault.CutRequest(0),
    ];
}
