using System.Diagnostics;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.EndToEnd;

/// <summary>The service runs without a standard output.</summary>
public sealed class ClosedConsoleTests : EndToEndTest
{
    [TestCase(">&-")]
    [TestCase("1</dev/null")]
    public async Task It_serves_without_a_standard_output(string redirection)
    {
        var address = new Uri($"http://127.0.0.1:{ServerProcess.FreePort()}");
        var start = new ProcessStartInfo("sh", ["-c", $"exec \"$@\" {redirection}", "sh", .. RegistryProcess.Command])
        {
            WorkingDirectory = Folder,
            Environment = { ["ASPNETCORE_URLS"] = $"{address}", ["FILESYSTEM__PATH"] = Data },
        };
        using var process = Process.Start(start)!;
        try
        {
            using var client = new HttpClient { BaseAddress = address };
            // Stops when the process exits, instead of at the timeout of the test.
            await UntilAsync(async () => process.HasExited || await RespondsAsync(client), "the service responds");
            for (var i = 0; i < 10 && !process.HasExited; i++)
            {
                Assert.That(await RespondsAsync(client), Is.True);
                // Longer than the log collects lines, so that each is written separately.
                await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken);
            }

            Assert.That(process.HasExited, Is.False);
            using var kill = Process.Start("kill", [$"{process.Id}"]);
            await process.WaitForExitAsync(CancellationToken);
            Assert.That(process.ExitCode, Is.Zero);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private async Task<bool> RespondsAsync(HttpClient client)
    {
        try
        {
            using var response = await client.GetAsync("/healthz", CancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
