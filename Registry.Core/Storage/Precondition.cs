namespace Registry.Core.Storage;

/// <summary>
/// What must hold for a write to happen. Judged and applied atomically against every other writer in every process; a
/// precondition that does not hold is an answer (null or false), never an exception, and changes nothing.
/// </summary>
public readonly record struct Precondition
{
    private Precondition(PreconditionKind kind, Revision revision) => (Kind, Revision) = (kind, revision);

    /// <summary>Write whatever is there.</summary>
    public static Precondition None => default;

    /// <summary>Write only if nothing is there: create. A delete with it is a caller's mistake.</summary>
    public static Precondition Absent => new(PreconditionKind.Absent, default);

    /// <summary>Which of the three this is.</summary>
    public PreconditionKind Kind { get; }

    /// <summary>The revision to match; meaningful for <see cref="PreconditionKind.Matches"/> alone.</summary>
    public Revision Revision { get; }

    /// <summary>Write only if what is there has this revision.</summary>
    public static Precondition Matches(Revision revision) => new(PreconditionKind.Matches, revision);

    /// <summary>
    /// <see cref="Matches"/> where there is a revision, <see cref="Absent"/> where there is none: "as I read it".
    /// </summary>
    public static Precondition Unchanged(Revision? revision) => revision is { } known ? Matches(known) : Absent;

    /// <summary>
    /// The epoch in which the write is to happen; null for any. A write whose epoch has ended is no lost race: it fails
    /// with <see cref="StorageFault.EpochEnded"/>. A storage without epochs ignores it.
    /// </summary>
    public StorageEpoch? Epoch { get; private init; }

    /// <summary>The same precondition, and that <paramref name="epoch"/> lasts; null for any epoch.</summary>
    public Precondition In(StorageEpoch? epoch) => this with { Epoch = epoch };

    /// <summary>Judges the precondition, but for its epoch, against what is there: null for nothing.</summary>
    public bool HoldsFor(Revision? current) => Kind switch
    {
        PreconditionKind.None => true,
        PreconditionKind.Absent => current is null,
        _ => current == Revision,
    };
}

/// <summary>The kinds of <see cref="Precondition"/>.</summary>
public enum PreconditionKind
{
    /// <summary>Always holds.</summary>
    None,

    /// <summary>Holds where nothing is there.</summary>
    Absent,

    /// <summary>Holds where the revision is the given one.</summary>
    Matches,
}
