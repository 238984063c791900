using System.Text;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Reads <see cref="ChangeFile"/>, with two system calls when nothing has changed. Never writes.
/// </summary>
internal sealed class ChangeFeed(ChangeFile changes)
{
    /// <summary>The attempts to read a slot that is being written. A write takes only a moment.</summary>
    private const int MaxReads = 100;

    /// <summary>See <see cref="IDocumentStore.ChangesAsync"/>.</summary>
    public DocumentChanges Since(StoreKey scope, ChangeToken? since)
    {
        Span<byte> state = stackalloc byte[ChangeFile.StateBytes];
        if (changes.Find() is not { } file || !changes.TryReadState(file, state))
            return new DocumentChanges(UnknownPosition.Instance, null);
        if (since is not Position known
            || known.File != file.Identity
            || !state[..ChangeFile.HeaderBytes].SequenceEqual(known.State.AsSpan(0, ChangeFile.HeaderBytes)))
            return new DocumentChanges(new Position(file.Identity, state.ToArray()), null);
        if (!known.IsBusy && state.SequenceEqual(known.State))
            return new DocumentChanges(known, []);

        var keys = new HashSet<StoreKey>();
        for (var stripe = 0; stripe < ChangeFile.Stripes; stripe++)
        {
            var before = ChangeFile.SlotOf(known.State, stripe);
            var after = ChangeFile.SlotOf(state, stripe);
            if (ChangeSlot.TryRead(before, out var previous) && !previous.IsBusy && before.SequenceEqual(after))
                continue;
            if (!TryAddKeys(file, stripe, previous, before, after, scope, keys))
                return new DocumentChanges(new Position(file.Identity, state.ToArray()), null);
        }

        return new DocumentChanges(new Position(file.Identity, state.ToArray()), keys);
    }

    /// <summary>
    /// Adds the keys of a stripe that changed since a slot was read; false when the ring no longer has all of them, or
    /// a slot cannot be read.
    /// </summary>
    private bool TryAddKeys(
        ChangeFile.OpenFile file,
        int stripe,
        ChangeSlot previous,
        ReadOnlySpan<byte> before,
        ReadOnlySpan<byte> after,
        StoreKey scope,
        HashSet<StoreKey> keys)
    {
        if (!ChangeSlot.TryRead(before, out _)
            || !ChangeSlot.TryRead(after, out var current)
            || current.Sequence < previous.Sequence
            || current.End < previous.End)
            return false;

        // Start at the previous last record: its key may have been announced again without a new record, or its write
        // may not have ended at that time.
        var from = previous.LastStart;
        if (current.End + ChangeFile.MaxRecordBytes - from > ChangeFile.RingBytes)
            return false;
        var records = changes.ReadRing(file, stripe, from, current.End).AsSpan();

        // The records may have been overwritten while they were read.
        if (!TryReadSlot(file, stripe, out var later)
            || later.End + ChangeFile.MaxRecordBytes - from > ChangeFile.RingBytes)
            return false;
        while (!records.IsEmpty)
        {
            if (records.Length < sizeof(ushort)
                || BitConverter.ToUInt16(records) is var length && records.Length - sizeof(ushort) < length)
                return false;
            if (!StoreKey.TryParse(Encoding.ASCII.GetString(records.Slice(sizeof(ushort), length)), out var key))
                return false;
            if (key.IsBelow(scope))
                keys.Add(key);
            records = records[(sizeof(ushort) + length)..];
        }

        return true;
    }

    private bool TryReadSlot(ChangeFile.OpenFile file, int stripe, out ChangeSlot slot)
    {
        for (var read = 0; read < MaxReads; read++)
            if (changes.TryReadSlot(file, stripe, out slot))
                return true;
        slot = default;
        return false;
    }

    /// <summary>The header and slots at one time.</summary>
    private sealed class Position(FileIdentity file, byte[] state) : ChangeToken
    {
        public FileIdentity File => file;

        public byte[] State => state;

        /// <summary>Whether a write was in progress.</summary>
        public bool IsBusy { get; } = IsAnyBusy(state);

        private static bool IsAnyBusy(ReadOnlySpan<byte> state)
        {
            for (var stripe = 0; stripe < ChangeFile.Stripes; stripe++)
                if (!ChangeSlot.TryRead(ChangeFile.SlotOf(state, stripe), out var slot) || slot.IsBusy)
                    return true;
            return false;
        }
    }

    /// <summary>The token when there is no usable file.</summary>
    private sealed class UnknownPosition : ChangeToken
    {
        public static UnknownPosition Instance { get; } = new();
    }
}
