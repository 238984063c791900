using NUnit.Framework.Constraints;

namespace Registry.Tests.Support;

/// <summary>
/// Succeeds for an array of the same bytes. For large arrays, it replaces <c>Is.EqualTo</c>, which compares each
/// element as an object and takes a quarter of a second per MiB.
/// </summary>
internal sealed class SameBytes : Constraint
{
    private readonly byte[] expected;

    private SameBytes(byte[] expected) => this.expected = expected;

    /// <inheritdoc/>
    public override string Description => $"the same {expected.Length} bytes";

    /// <summary>Returns the constraint for these bytes.</summary>
    public static SameBytes As(byte[] expected) => new(expected);

    /// <inheritdoc/>
    public override ConstraintResult ApplyTo<TActual>(TActual actual)
    {
        if (actual is not byte[] bytes)
            return new ConstraintResult(this, actual, isSuccess: false);
        var same = bytes.AsSpan().CommonPrefixLength(expected);
        return same == bytes.Length && same == expected.Length
            ? new ConstraintResult(this, actual, isSuccess: true)
            : new ConstraintResult(
                this, $"{bytes.Length} bytes, of which the first {same} are the same", isSuccess: false);
    }
}
