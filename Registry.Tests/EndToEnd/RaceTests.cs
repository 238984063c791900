using System.Net;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>Many clients at once, against one process and against two over one folder.</summary>
public sealed class RaceTests : EndToEndTest
{
    private const int Clients = 64;

    [TestCase(1)]
    [TestCase(2)]
    public async Task Of_64_that_push_one_release_exactly_one_has_pushed_it(int processes)
    {
        var registries = await StartManyAsync(processes);
        for (var round = 0; round < 3; round++)
        {
            var release = $"1.0.{round}";
            var contents = Enumerable.Range(0, Clients).Select(client => new SeededPackage((round * Clients) + client, 2048)).ToArray();
            var answers = await RaceAsync(Clients, async client =>
            {
                using var answer = await PushAsync(registries[client % processes], "race/one", release, contents[client]);
                if (answer.StatusCode != HttpStatusCode.OK)
                    await DemandErrorAsync(answer, HttpStatusCode.Conflict, "package-exists");
                return answer.StatusCode;
            });

            Assert.That(answers.Count(static status => status == HttpStatusCode.OK), Is.EqualTo(1));
            var winner = await contents[Array.IndexOf(answers, HttpStatusCode.OK)].ToArrayAsync(Ct);
            foreach (var registry in registries)
                Assert.That(await registry.Client.GetByteArrayAsync($"/api/v1/packages/race/one/{release}/helm/pull", Ct), Is.EqualTo(winner).AsCollection);
        }
    }

    [TestCase(1, 1)]
    [TestCase(1, 4)]
    [TestCase(2, 1)]
    [TestCase(2, 4)]
    public async Task All_of_64_that_push_different_releases_have_pushed_them(int processes, int packages)
    {
        const int Each = 3;
        var registries = await StartManyAsync(processes);
        await RaceAsync(Clients, async client =>
        {
            for (var number = 0; number < Each; number++)
            {
                var content = new SeededPackage((client * Each) + number, 1024);
                using var answer = await PushAsync(registries[client % processes], $"race/p{client / processes % packages}", $"1.{client}.{number}", content);
                Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), await answer.Content.ReadAsStringAsync(Ct));
            }

            return true;
        });

        var pushed = from client in Enumerable.Range(0, Clients)
                     from number in Enumerable.Range(0, Each)
                     select $"race/p{client / processes % packages} 1.{client}.{number}";
        foreach (var registry in registries)
        {
            var listed = from package in (await GetJsonAsync(registry, "/api/v1/packages")).EnumerateArray()
                         from release in package.GetProperty("releases").EnumerateArray()
                         select $"{package.GetProperty("name").GetString()} {release.GetString()}";
            Assert.That(listed, Is.EquivalentTo(pushed));
        }

        for (var client = 0; client < Clients; client++)
        {
            var pulled = await registries[(client + 1) % processes].Client.GetByteArrayAsync(
                $"/api/v1/packages/race/p{client / processes % packages}/1.{client}.0/helm/pull", Ct);
            Assert.That(pulled, Is.EqualTo(await new SeededPackage(client * Each, 1024).ToArrayAsync(Ct)).AsCollection);
        }
    }

    [Test]
    public async Task What_one_process_acknowledged_another_shows_at_the_next_request()
    {
        var registries = await StartManyAsync(2);
        for (var number = 0; number < 20; number++)
        {
            using var answer = await PushAsync(registries[number % 2], "race/seen", $"1.0.{number}", new SeededPackage(number, 512));
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));

            var other = registries[(number + 1) % 2];
            var listed = (await GetJsonAsync(other, "/api/v1/packages"))[0];
            Assert.That(listed.GetProperty("default").GetString(), Is.EqualTo($"1.0.{number}"));
            var shown = await GetJsonAsync(other, "/api/v1/packages/race/seen/default/helm");
            Assert.That(shown.GetProperty("release").GetString(), Is.EqualTo($"1.0.{number}"));
        }
    }

    private async Task<RegistryProcess[]> StartManyAsync(int processes)
    {
        var registries = new RegistryProcess[processes];
        for (var i = 0; i < processes; i++)
            registries[i] = await StartAsync();
        return registries;
    }
}
