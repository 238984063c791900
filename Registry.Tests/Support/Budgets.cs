using Registry.Core.Transfers;

namespace Registry.Tests.Support;

/// <summary>Budgets of memory for tests.</summary>
internal static class Budgets
{
    /// <summary>One that no test exhausts.</summary>
    public static TransferBudget Ample() => new(new TransferOptions { BufferBytes = 1L << 30 }, TimeProvider.System);
}
