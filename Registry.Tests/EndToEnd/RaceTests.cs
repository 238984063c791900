using System.Net;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>Many concurrent clients of one process; <see cref="ReplicaTests"/> covers several processes.</summary>
public sealed class RaceTests : EndToEndTest
{
    private const int Clients = 64;

    [Test]
    public async Task Exactly_one_of_64_pushes_of_one_release_succeeds()
    {
        var registry = await HostAsync();
        for (var round = 0; round < 3; round++)
        {
            var release = $"1.0.{round}";
            var contents = Enumerable.Range(0, Clients)
                .Select(client => new SeededPackage((round * Clients) + client, 2048))
                .ToArray();
            var statuses = await RaceAsync(Clients, async client =>
            {
                using var response = await PushAsync(registry, "race/one", release, contents[client]);
                if (response.StatusCode != HttpStatusCode.OK)
                    await AssertErrorAsync(response, HttpStatusCode.Conflict, "package-exists");
                return response.StatusCode;
            });

            Assert.That(statuses.Count(static status => status == HttpStatusCode.OK), Is.EqualTo(1));
            var winner = await contents[Array.IndexOf(statuses, HttpStatusCode.OK)].ToArrayAsync(CancellationToken);
            Assert.That(
                await registry.Client.GetByteArrayAsync(
                    $"/api/v1/packages/race/one/{release}/helm/pull", CancellationToken),
                Is.EqualTo(winner).AsCollection);
        }
    }

    [TestCase(1)]
    [TestCase(4)]
    public async Task All_pushes_of_64_clients_succeed_for_different_releases(int packages)
    {
        const int Each = 3;
        var registry = await HostAsync();
        await RaceAsync(Clients, async client =>
        {
            for (var number = 0; number < Each; number++)
            {
                var content = new SeededPackage((client * Each) + number, 1024);
                using var response =
                    await PushAsync(registry, $"race/p{client % packages}", $"1.{client}.{number}", content);
                Assert.That(
                    response.StatusCode,
                    Is.EqualTo(HttpStatusCode.OK),
                    await response.Content.ReadAsStringAsync(CancellationToken));
            }

            return true;
        });

        var pushed = from client in Enumerable.Range(0, Clients)
                     from number in Enumerable.Range(0, Each)
                     select $"race/p{client % packages} 1.{client}.{number}";
        var listed = from package in (await GetJsonAsync(registry, "/api/v1/packages")).EnumerateArray()
                     from release in package.GetProperty("releases").EnumerateArray()
                     select $"{package.GetProperty("name").GetString()} {release.GetString()}";
        Assert.That(listed, Is.EquivalentTo(pushed));

        for (var client = 0; client < Clients; client++)
        {
            var pulled = await registry.Client.GetByteArrayAsync(
                $"/api/v1/packages/race/p{client % packages}/1.{client}.0/helm/pull", CancellationToken);
            Assert.That(
                pulled,
                Is.EqualTo(await new SeededPackage(client * Each, 1024).ToArrayAsync(CancellationToken)).AsCollection);
        }
    }
}
