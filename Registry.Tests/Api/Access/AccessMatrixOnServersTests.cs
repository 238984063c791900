using NUnit.Framework;

namespace Registry.Tests.Api.Access;

/// <summary>The requests of <see cref="AccessTable.OnServers"/>, on each backend that has a server.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Servers))]
public sealed class AccessMatrixOnServersTests(string backend) : AccessMatrixTest(backend)
{
    [TestCaseSource(typeof(AccessTable), nameof(AccessTable.OnServers))]
    public Task The_response_is_that_of_the_table(AccessRow row) => CheckAsync(row);
}
