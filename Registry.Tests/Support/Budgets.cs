using Registry.Core.Transfers;

namespace Registry.Tests.Support;

/// <summary>Budgets of transfers.</summary>
internal static class Budgets
{
    private static readonly TransferBudget Shared =
        new(new TransferOptions { BufferBytes = 1L << 30 }, TimeProvider.System);

    /// <summary>
    /// Returns a budget that no test exhausts. It is one for all, because each keeps idle buffers, and fixtures live
    /// until the end of the run.
    /// </summary>
    public static TransferBudget Ample() => Shared;
}
