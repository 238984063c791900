using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Access;

/// <summary>Sessions on two replicas over each storage.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Names))]
[Parallelizable(ParallelScope.Self)]
internal sealed class ReplicaSessionTests(string backend)
{
    [Test]
    public async Task A_session_is_valid_on_every_replica_until_it_ends()
    {
        var storage = await Backends.NewStorageAsync(backend);
        await using var one = await GuardedRegistry.StartAsync(anonymous: "", storage);
        await using var other = await GuardedRegistry.StartAsync(anonymous: "", storage);
        var secret = await one.IssueAsync("team/**=pull,admin");
        using var revoked = await PageVisitor.SignInAsync(one, secret.Text);
        using var signedOut = await PageVisitor.SignInAsync(other, GuardedRegistry.AdminSecret);
        using var kept = await PageVisitor.SignInAsync(one, GuardedRegistry.AdminSecret);
        GuardedRegistry[] replicas = [one, other];

        // Twice: the second time from the cache.
        for (var i = 0; i < 2; i++)
            foreach (var replica in replicas)
                foreach (var visitor in (PageVisitor[])[revoked, signedOut, kept])
                    await AssertAsync(replica, visitor, HttpStatusCode.OK);

        // A replica with another admin token, as after a rotation.
        await using (var rotated = await GuardedRegistry.StartAsync(
            anonymous: "", [.. storage, "--Auth:AdminToken=another-secret-of-tests"]))
        {
            await AssertAsync(rotated, kept, HttpStatusCode.Unauthorized);
            await AssertAsync(rotated, revoked, HttpStatusCode.OK);
        }

        using (await other.SendAsync("DELETE", $"/api/v1/tokens/{secret.Id}", GuardedRegistry.AdminSecret))
        using (await signedOut.PostAsync("/sign-out"))
            foreach (var replica in replicas)
            {
                await AssertAsync(replica, revoked, HttpStatusCode.Unauthorized);
                await AssertAsync(replica, kept, HttpStatusCode.OK);
            }

        var sessions = await StoredAsync(one);
        Assert.That(sessions, Is.EqualTo(2), "the one that was signed out is gone");
    }

    [Test]
    public async Task The_collector_removes_expired_sessions()
    {
        var storage = await Backends.NewStorageAsync(backend);
        await using (var early = new GuardedRegistry(await RegistryHost.StartAsync(
            static services => services.AddSingleton<TimeProvider>(
                new ShiftedTime { Shift = TimeSpan.FromHours(-13) }),
            routes: null,
            ["--Auth:Mode=tokens", $"--Auth:AdminToken={GuardedRegistry.AdminSecret}", .. storage])))
        using (await PageVisitor.SignInAsync(early, GuardedRegistry.AdminSecret))
            Assert.That(await StoredAsync(early), Is.EqualTo(1));
        await using var registry =
            await GuardedRegistry.StartAsync(anonymous: "", [.. storage, "--Collection:PeriodSeconds=0.05"]);
        using var kept = await PageVisitor.SignInAsync(registry, GuardedRegistry.AdminSecret);
        Assert.That(async () => await StoredAsync(registry), Is.EqualTo(1).After(20_000, 50));
        await AssertAsync(registry, kept, HttpStatusCode.OK);
    }

    private static async Task AssertAsync(GuardedRegistry registry, PageVisitor visitor, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/tokens");
        request.Headers.Add("Cookie", $"{PageVisitor.CookieName}={visitor.Session}");
        using var response = await registry.Client.SendAsync(request);
        Assert.That(response.StatusCode, Is.EqualTo(expected));
    }

    private static async Task<int> StoredAsync(GuardedRegistry registry) =>
        await registry.Host.Services.GetRequiredService<IDocumentStore>()
            .ListAsync(StoreKeys.Sessions, after: null, CancellationToken.None)
            .CountAsync();
}
