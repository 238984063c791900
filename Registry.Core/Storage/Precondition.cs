namespace Registry.Core.Storage;

/// <summary>
/// A condition for a write. It is evaluated and applied atomically with respect to every writer in every process. When
/// it does not hold, the write returns null or false, throws nothing and changes nothing.
/// </summary>
public readonly record struct Precondition
{
    private Precondition(PreconditionKind kind, Revision revision) => (Kind, Revision) = (kind, revision);

    /// <summary>Write unconditionally.</summary>
    public static Precondition None => default;

    /// <summary>Write only if nothing exists: create. Not valid for a delete.</summary>
    public static Precondition Absent => new(PreconditionKind.Absent, default);

    /// <summary>The kind of this precondition.</summary>
    public PreconditionKind Kind { get; }

    /// <summary>The revision to match. Used only by <see cref="PreconditionKind.Matches"/>.</summary>
    public Revision Revision { get; }

    /// <summary>Write only if the current revision is this one.</summary>
    public static Precondition Matches(Revision revision) => new(PreconditionKind.Matches, revision);

    /// <summary>
    /// Write only if nothing has changed since a read: <see cref="Matches"/> for a revision, <see cref="Absent"/> for
    /// null.
    /// </summary>
    public static Precondition Unchanged(Revision? revision) => revision is { } known ? Matches(known) : Absent;

    /// <summary>
    /// The required epoch; null for any. A write whose epoch has ended fails with
    /// <see cref="StorageFault.EpochEnded"/>; it does not count as a lost race. A storage without epochs ignores it.
    /// </summary>
    public StorageEpoch? Epoch { get; private init; }

    /// <summary>Returns the same precondition for one epoch; null for any epoch.</summary>
    public Precondition In(StorageEpoch? epoch) => this with { Epoch = epoch };

    /// <summary>Throws if this is <see cref="Absent"/>, which no delete can satisfy.</summary>
    /// <exception cref="ArgumentException">This is <see cref="Absent"/>.</exception>
    public void ThrowIfAbsent()
    {
        if (Kind == PreconditionKind.Absent)
            throw new ArgumentException("A delete cannot require that the key is absent.", "precondition");
    }

    /// <summary>Evaluates the precondition without its epoch.</summary>
    /// <param name="current">The current revision; null when nothing exists.</param>
    public bool HoldsFor(Revision? current) => Kind switch
    {
        PreconditionKind.None => true,
        PreconditionKind.Absent => current is null,
        _ => current == Revision,
    };
}

/// <summary>The kind of a <see cref="Precondition"/>.</summary>
public enum PreconditionKind
{
    /// <summary>Always holds.</summary>
    None,

    /// <summary>Holds when nothing exists.</summary>
    Absent,

    /// <summary>Holds when the current revision is the given one.</summary>
    Matches,
}
