using Registry.Core.Transfers;

namespace Registry.Tests.Support;

/// <summary>Memory budgets for tests.</summary>
internal static class Budgets
{
    /// <summary>Returns a budget that no test exhausts.</summary>
    public static TransferBudget Ample() => new(new TransferOptions { BufferBytes = 1L << 30 }, TimeProvider.System);
}
