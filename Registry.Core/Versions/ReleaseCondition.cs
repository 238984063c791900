namespace Registry.Core.Versions;

/// <summary>A condition of a release query.</summary>
/// <param name="Comparison">How the release must compare with the operand.</param>
/// <param name="Operand">The operand.</param>
internal readonly record struct ReleaseCondition(ReleaseComparison Comparison, PartialRelease Operand)
{
    /// <summary>Whether a release satisfies the condition.</summary>
    public bool IsSatisfiedBy(ReleaseParts release) => Comparison switch
    {
        ReleaseComparison.Less => Operand.ComparePrecedence(release) < 0,
        ReleaseComparison.LessOrEqual => Operand.ComparePrecedence(release) <= 0,
        ReleaseComparison.Equal => Operand.Matches(release),
        ReleaseComparison.NotEqual => !Operand.Matches(release),
        ReleaseComparison.GreaterOrEqual => Operand.ComparePrecedence(release) >= 0,
        ReleaseComparison.Greater => Operand.ComparePrecedence(release) > 0,
        _ => throw new InvalidOperationException($"Unknown comparison {Comparison}."),
    };
}

/// <summary>How a release must compare with an operand.</summary>
internal enum ReleaseComparison
{
    /// <summary>Before the operand.</summary>
    Less,

    /// <summary>Before the operand, or equal in the parts that it has.</summary>
    LessOrEqual,

    /// <summary>Equal in the parts that the operand has, including build metadata.</summary>
    Equal,

    /// <summary>Not <see cref="Equal"/>.</summary>
    NotEqual,

    /// <summary>After the operand, or equal in the parts that it has.</summary>
    GreaterOrEqual,

    /// <summary>After the operand.</summary>
    Greater,
}
