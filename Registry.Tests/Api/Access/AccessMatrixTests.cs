using NUnit.Framework;

namespace Registry.Tests.Api.Access;

/// <summary>All requests of <see cref="AccessTable"/>, on the filesystem: storage does not decide access.</summary>
public sealed class AccessMatrixTests() : AccessMatrixTest("filesystem")
{
    [TestCaseSource(typeof(AccessTable), nameof(AccessTable.Rows))]
    public Task The_response_is_that_of_the_table(AccessRow row) => CheckAsync(row);
}
