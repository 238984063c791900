using System.Diagnostics;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.EndToEnd;

/// <summary>A log that nobody can read ends nothing.</summary>
public sealed class ClosedConsoleTests : EndToEndTest
{
    [TestCase(">&-")]
    [TestCase("1</dev/null")]
    public async Task Without_a_standard_output_it_serves(string redirection)
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
            // Ends when the process does, instead of with the time of the test.
            await UntilAsync(async () => process.HasExited || await AnswersAsync(client), "it answers");
            for (var i = 0; i < 10 && !process.HasExited; i++)
            {
                Assert.That(await AnswersAsync(client), Is.True);
                // Longer than lines are gathered: each is written.
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

    private async Task<bool> AnswersAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync("/healthz", CancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
