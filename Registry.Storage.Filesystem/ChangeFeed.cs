using System.Text;
using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>Reads <see cref="ChangeFile"/>: two calls of the system where nothing has changed. Never writes.</summary>
internal sealed class ChangeFeed(ChangeFile changes)
{
    /// <summary>A slot that is being written is whole a moment later.</summary>
    private const int MaxReads = 100;

    /// <summary>See <see cref="IDocumentStore.ChangesAsync"/>.</summary>
    public DocumentChanges Since(StoreKey scope, ChangeToken? since)
    {
        Span<byte> top = stackalloc byte[ChangeFile.TopBytes];
        if (changes.Find() is not { } file || !changes.TryReadTop(file, top))
            return new DocumentChanges(NoMoment.Instance, null);
        if (since is not Moment known
            || known.File != file.Identity
            || !top[..ChangeFile.HeadBytes].SequenceEqual(known.Top.AsSpan(0, ChangeFile.HeadBytes)))
            return new DocumentChanges(new Moment(file.Identity, top.ToArray()), null);
        if (!known.IsBusy && top.SequenceEqual(known.Top))
            return new DocumentChanges(known, []);

        var keys = new HashSet<StoreKey>();
        for (var stripe = 0; stripe < ChangeFile.Stripes; stripe++)
        {
            var before = ChangeFile.SlotOf(known.Top, stripe);
            var after = ChangeFile.SlotOf(top, stripe);
            if (ChangeSlot.TryRead(before, out var then) && !then.IsBusy && before.SequenceEqual(after))
                continue;
            if (!TryAddSince(file, stripe, then, before, after, scope, keys))
                return new DocumentChanges(new Moment(file.Identity, top.ToArray()), null);
        }

        return new DocumentChanges(new Moment(file.Identity, top.ToArray()), keys);
    }

    /// <summary>False where the ring does not reach back so far, or one of the slots cannot be read.</summary>
    private bool TryAddSince(
        ChangeFile.OpenFile file,
        int stripe,
        ChangeSlot then,
        ReadOnlySpan<byte> before,
        ReadOnlySpan<byte> after,
        StoreKey scope,
        HashSet<StoreKey> keys)
    {
        if (!ChangeSlot.TryRead(before, out _)
            || !ChangeSlot.TryRead(after, out var now)
            || now.Sequence < then.Sequence
            || now.End < then.End)
            return false;

        // What was the last record may have been announced again without a record of its own, or its write may not have
        // ended then.
        var from = then.LastStart;
        if (now.End + ChangeFile.MaxRecordBytes - from > ChangeFile.RingBytes)
            return false;
        var records = changes.ReadRing(file, stripe, from, now.End).AsSpan();

        // What the ring has overwritten meanwhile was not read.
        if (!TryReadWhole(file, stripe, out var later)
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

    private bool TryReadWhole(ChangeFile.OpenFile file, int stripe, out ChangeSlot slot)
    {
        for (var read = 0; read < MaxReads; read++)
            if (changes.TryReadSlot(file, stripe, out slot))
                return true;
        slot = default;
        return false;
    }

    /// <summary>Head and slots as they were.</summary>
    private sealed class Moment(FileIdentity file, byte[] top) : ChangeToken
    {
        public FileIdentity File => file;

        public byte[] Top => top;

        /// <summary>Whether a write was under way then.</summary>
        public bool IsBusy { get; } = AnyBusy(top);

        private static bool AnyBusy(ReadOnlySpan<byte> top)
        {
            for (var stripe = 0; stripe < ChangeFile.Stripes; stripe++)
                if (!ChangeSlot.TryRead(ChangeFile.SlotOf(top, stripe), out var slot) || slot.IsBusy)
                    return true;
            return false;
        }
    }

    /// <summary>Where there is no file that could tell.</summary>
    private sealed class NoMoment : ChangeToken
    {
        public static NoMoment Instance { get; } = new();
    }
}
