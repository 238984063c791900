using System.Net;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Access;

/// <summary>Tokens on two replicas over each storage.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Names))]
[Parallelizable(ParallelScope.Self)]
public sealed class ReplicaTokenTests(string backend)
{
    [Test]
    public async Task A_revoked_token_is_refused_by_every_replica_at_its_next_request()
    {
        var storage = await Backends.NewStorageAsync(backend);
        await using var one = await GuardedRegistry.StartAsync(anonymous: "", storage);
        await using var other = await GuardedRegistry.StartAsync(anonymous: "", storage);
        var secret = await one.IssueAsync("team/**=pull");
        var kept = await other.IssueAsync("team/**=pull");
        GuardedRegistry[] replicas = [one, other];

        // Twice: the second time from the cache.
        for (var i = 0; i < 2; i++)
            foreach (var replica in replicas)
                await AssertAsync(replica, secret.Text, HttpStatusCode.OK);
        using (var revoked = await other.SendAsync(
            "DELETE", $"/api/v1/tokens/{secret.Id}", GuardedRegistry.AdminSecret))
            Assert.That(revoked.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        foreach (var replica in replicas)
        {
            await AssertAsync(replica, secret.Text, HttpStatusCode.Unauthorized);
            await AssertAsync(replica, kept.Text, HttpStatusCode.OK);
        }
    }

    private static async Task AssertAsync(GuardedRegistry registry, string secret, HttpStatusCode expected)
    {
        using var response = await registry.SendAsync("GET", "/api/v1/packages", secret);
        Assert.That(response.StatusCode, Is.EqualTo(expected));
    }
}
