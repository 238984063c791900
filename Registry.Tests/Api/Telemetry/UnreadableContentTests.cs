using System.Net;
using System.Net.Http.Headers;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Telemetry;

namespace Registry.Tests.Api.Telemetry;

/// <summary>
/// A content that is lost or damaged: every answer says so, and the metric that an alert reads counts it. Not parallel:
/// metrics that are exported are those of all registries in this process.
/// </summary>
[NonParallelizable]
internal sealed class UnreadableContentTests
{
    private const int Length = 300_000;
    private const string Unreadable = "registry.contents.unreadable";
    private const string Pull = "/api/v1/packages/team/app/1.0.0/helm/pull";

    [TestCase("truncated")]
    [TestCase("missing")]
    public async Task A_pull_is_503_and_counted_and_the_page_is_shown_without_files(string how)
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder);
        using var counts = new CurrentCounts(host.Services);
        Assert.That(counts.Of(Unreadable), Is.Zero, "an increase is seen only between two values");
        Damage(folder, how);

        using (var whole = await host.Client.GetAsync(Pull))
            await AssertUnreadableAsync(whole);
        using (var request = new HttpRequestMessage(HttpMethod.Get, Pull))
        {
            request.Headers.Range = new RangeHeaderValue(0, Length - 1);
            using var part = await host.Client.SendAsync(request);
            await AssertUnreadableAsync(part);
        }

        Assert.That(counts.Of(Unreadable), Is.EqualTo(2));
        foreach (var tab in (string[])["", "?tab=readme", "?tab=files&file=x", "?tab=versions", "?tab=details"])
        {
            using var page = await host.Client.GetAsync($"/packages/team/app{tab}");
            Assert.That(page.StatusCode, Is.EqualTo(HttpStatusCode.OK), tab);
            Assert.That(
                await page.Content.ReadAsStringAsync(),
                Does.Contain("The content of this version cannot be read.").And.Contain("1.0.0"),
                tab);
        }

        Assert.That(counts.Of(Unreadable), Is.EqualTo(7));
        Assert.That(
            host.Log.Faults.Select(static fault => fault.Message),
            Has.Some.Contains("failed with 503").And.Some.Contains("team/app 1.0.0 cannot be read for its page"));
    }

    private static async Task AssertUnreadableAsync(HttpResponseMessage response)
    {
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(
            await response.Content.ReadAsStringAsync(),
            Does.Contain("The stored data for this request cannot be read."));
    }

    private static async Task<RegistryHost> StartAsync(TemporaryFolder folder)
    {
        var host = await RegistryHost.StartAsync(
            $"--Filesystem:Path={folder.Below("damaged")}", $"--Telemetry:Port={ServerProcess.FreePort()}");
        using var pushed = await host.Client.PostAsync(
            "/api/v1/packages/team/app", new PushContent(new SeededPackage(1, Length), "1.0.0"));
        Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        return host;
    }

    private static void Damage(TemporaryFolder folder, string how)
    {
        // The content, and perhaps the chart that is made of it.
        foreach (var blob in Directory.GetFiles(folder.Below("damaged"), "@*", SearchOption.AllDirectories)
            .Where(static file => new FileInfo(file).Length >= Length))
        {
            File.Delete(blob);
            if (how == "missing")
                continue;
            using var stream = File.Create(blob);
            stream.SetLength(Length / 2);
        }
    }
}
