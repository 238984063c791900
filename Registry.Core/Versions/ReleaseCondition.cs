namespace Registry.Core.Versions;

/// <summary>One comparison that a release must stand.</summary>
/// <param name="Comparison">How the release must lie.</param>
/// <param name="Operand">Of what.</param>
internal readonly record struct ReleaseCondition(ReleaseComparison Comparison, PartialRelease Operand)
{
    /// <summary>Whether the release stands it.</summary>
    public bool Holds(ReleaseParts release) => Comparison switch
    {
        ReleaseComparison.Less => Operand.Locate(release) < 0,
        ReleaseComparison.LessOrEqual => Operand.Locate(release) <= 0,
        ReleaseComparison.Equal => Operand.Equals(release),
        ReleaseComparison.NotEqual => !Operand.Equals(release),
        ReleaseComparison.GreaterOrEqual => Operand.Locate(release) >= 0,
        ReleaseComparison.Greater => Operand.Locate(release) > 0,
        _ => throw new InvalidOperationException($"There is no comparison {Comparison}."),
    };
}

/// <summary>How a release must lie to an operand.</summary>
internal enum ReleaseComparison
{
    /// <summary>Before it.</summary>
    Less,

    /// <summary>Before it, or equal where it has parts.</summary>
    LessOrEqual,

    /// <summary>Equal where it has parts, build metadata included.</summary>
    Equal,

    /// <summary>Not <see cref="Equal"/>.</summary>
    NotEqual,

    /// <summary>After it, or equal where it has parts.</summary>
    GreaterOrEqual,

    /// <summary>After it.</summary>
    Greater,
}
