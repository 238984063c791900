using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>What the log contains, and what it must not contain.</summary>
public sealed class LogTests : EndToEndTest
{
    [Test]
    public async Task Each_request_and_each_mutation_logs_one_line()
    {
        var registry = await StartAsync();
        using (var pushed = await PushAsync(registry, "log/one", "1.0.0", new SeededPackage(1, 1000)))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await SendAsync(registry, HttpMethod.Get, "/api/v1/packages/log/one/1.0.0/helm");
        await SendAsync(registry, HttpMethod.Post, "/api/v1/packages/log/one/channels/stable/1.0.0");
        await SendAsync(registry, HttpMethod.Delete, "/api/v1/packages/log/one/channels/stable/1.0.0");
        await SendAsync(registry, HttpMethod.Post, "/api/v1/packages/log/one/channels/beta/1.0.0");
        await SendAsync(registry, HttpMethod.Delete, "/api/v1/packages/log/one/channels/beta");
        await SendAsync(registry, HttpMethod.Delete, "/api/v1/packages/log/one/1.0.0/helm");
        await SendAsync(registry, HttpMethod.Get, "/nowhere", HttpStatusCode.NotFound);
        await SendAsync(registry, HttpMethod.Post, "/api/v1/app", content: "an archive");
        await SendAsync(registry, HttpMethod.Delete, $"/api/v1/app/{Hex("an archive")}", HttpStatusCode.NoContent);
        await registry.StopAsync();

        string[] lines =
        [
            "POST /api/v1/packages/log/one 200", "GET /api/v1/packages/log/one/1.0.0/helm 200",
            "POST /api/v1/packages/log/one/channels/stable/1.0.0 200",
            "DELETE /api/v1/packages/log/one/channels/stable/1.0.0 200",
            "POST /api/v1/packages/log/one/channels/beta/1.0.0 200", "DELETE /api/v1/packages/log/one/channels/beta "
                + "200",
            "DELETE /api/v1/packages/log/one/1.0.0/helm 200", "GET /nowhere 404", "POST /api/v1/app 200",
            "Pushed log/one 1.0.0 as helm", "Added 1.0.0 to channel stable of log/one", "Removed 1.0.0 from channel "
                + "stable of log/one",
            "Deleted channel beta of log/one", "Deleted log/one 1.0.0 as helm",
        ];
        foreach (var line in lines)
            Assert.That(
                registry.Log.Count(entry => entry.Contains(line, StringComparison.Ordinal)),
                Is.EqualTo(1),
                $"{line}\n{string.Join('\n', registry.Log)}");
        Assert.That(
            registry.Log.Count(static entry => entry.Contains(Hex("an archive"), StringComparison.Ordinal)),
            Is.EqualTo(3),
            "an upload, a delete, and its request");
        Assert.That(registry.Errors, Is.Empty);
    }

    [Test]
    public async Task Credentials_and_bodies_are_never_logged()
    {
        var registry = await StartAsync();
        const string Secret = "hunter2";
        var workspace = Uri.EscapeDataString($"https://user:{Secret}@example.org/some/path");
        await SendAsync(
            registry, HttpMethod.Post, $"/api/v1/app?workspace={workspace}", content: $"archive with {Secret}");
        await SendAsync(registry, HttpMethod.Get, $"/api/v1/app?workspace={workspace}");
        await SendAsync(
            registry,
            HttpMethod.Get,
            $"/api/v1/app/{new string('0', 64)}?workspace={workspace}",
            HttpStatusCode.NotFound);
        await SendAsync(
            registry, HttpMethod.Get, $"/api/v1/app?workspace=http://user:{Secret}@[::1/x", HttpStatusCode.BadRequest);
        await SendAsync(
            registry,
            HttpMethod.Delete,
            $"/api/v1/app/{Hex($"archive with {Secret}")}?workspace={workspace}",
            HttpStatusCode.NoContent);
        await SendAsync(
            registry,
            HttpMethod.Post,
            "/api/v1/packages/log/secret",
            HttpStatusCode.BadRequest,
            $"{{\"release\":\"{Secret}\"");
        await SendAsync(
            registry,
            HttpMethod.Post,
            $"/api/v1/packages/log/secret?release=1.0.0&metadata={Secret}",
            HttpStatusCode.BadRequest);
        await SendAsync(registry, HttpMethod.Get, $"/api/v1/packages/search?q={Secret}");

        // Storage failures are logged with their cause, but never with content of the request.
        Directory.Move(Data, $"{Data}-aside");
        await SendAsync(
            registry,
            HttpMethod.Post,
            $"/api/v1/app?workspace={workspace}",
            HttpStatusCode.ServiceUnavailable,
            $"archive with {Secret}");
        Directory.Move($"{Data}-aside", Data);
        await registry.StopAsync();

        Assert.That(registry.Log, Has.Some.Contains("POST /api/v1/app 200"));
        Assert.That(registry.Log, Has.None.Contains(Secret));
        Assert.That(registry.Log, Has.None.Contains("user:"));
        Assert.That(registry.Errors, Is.Empty);
    }

    [TestCase("simple")]
    [TestCase("json")]
    public async Task A_request_cannot_forge_log_lines_or_terminal_sequences(string formatter)
    {
        var registry = await StartAsync(("Logging__Console__FormatterName", formatter));
        string[] hostile = [
            "%0D", "%0A", "%09", "%0B", "%0C", "%1B%5B2J", "%7F", "%C2%85", "%C2%9B", "%E2%80%A8", "%E2%80%AE",
            "%E2%81%A6", "%E2%80%8B", "%EF%BB%BF"
        ];
        for (var i = 0; i < hostile.Length; i++)
        {
            // Some are refused with 400, others stored; in both cases the log is safe.
            var forged = $"{hostile[i]}2026-01-01T00:00:00.000Z%20info:%20forged";
            using var uploaded = await registry.Client.PostAsync(
                $"/api/v1/app?workspace=https://h/b{forged}", new StringContent($"archive {i}"), CancellationToken);
            using var read = await registry.Client.GetAsync($"/api/v1/packages/n{forged}/a", CancellationToken);
            using var unknown = await registry.Client.GetAsync($"/{forged}", CancellationToken);
        }

        await registry.StopAsync();
        Assert.That(
            registry.Log.Count(static line => line.Contains("forged", StringComparison.Ordinal)),
            Is.AtLeast(2 * hostile.Length));
        Assert.That(
            registry.Log.Where(static line => line.StartsWith("2026-01-01T", StringComparison.Ordinal)), Is.Empty);
        foreach (var line in registry.Log)
            Assert.That(
                line.Where(
                    static c =>
                        char.IsControl(c)
                            || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator),
                Is.Empty,
                line);
        if (formatter == "json")
            foreach (var line in registry.Log)
            {
                using var json = JsonDocument.Parse(line);
                Assert.That(
                    json.RootElement.GetProperty("Timestamp").GetDateTimeOffset().Offset, Is.EqualTo(TimeSpan.Zero));
                Assert.That(json.RootElement.GetProperty("Message").GetString()!.Where(char.IsControl), Is.Empty);
            }
    }

    [Test]
    public async Task Invalid_settings_of_the_console_abort_startup_and_are_reported_together()
    {
        var registry = Launch(
            RegistryProcess.Command,
            ("Logging__Console__FormatterName", "yaml"),
            ("Logging__Console__MaxQueueLength", "none"),
            ("Logging__Console__QueueFullMode", "Forget"),
            ("Logging__Console__FormatterOptions__IncludeScopes", "perhaps"));
        Assert.That(await registry.ExitAsync(), Is.EqualTo(1));
        Assert.That(registry.Errors.Split('\n'), Is.EqualTo(new[]
        {
            "LOGGING__CONSOLE__FORMATTERNAME is 'yaml'; expected simple or json.",
            "LOGGING__CONSOLE__MAXQUEUELENGTH is 'none'; expected a whole number above 0.",
            "LOGGING__CONSOLE__QUEUEFULLMODE is 'Forget'; expected Wait or DropWrite.",
            "LOGGING__CONSOLE__FORMATTEROPTIONS__INCLUDESCOPES is 'perhaps'; expected true or false.",
        }));
    }

    [Test]
    public async Task Everything_logged_before_shutdown_is_printed()
    {
        const int Requests = 2000;
        var registry = await StartAsync();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Requests),
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = CancellationToken },
            async (number, cancellationToken) =>
                (await registry.Client.GetAsync($"/nowhere/{number}", cancellationToken)).Dispose());
        Assert.That(await registry.StopAsync(), Is.Zero);

        Assert.That(
            registry.Log.Count(static line => line.Contains("GET /nowhere/", StringComparison.Ordinal)),
            Is.EqualTo(Requests));
        Assert.That(registry.Errors, Is.Empty);
    }

    [Test]
    public async Task A_stalled_log_reader_blocks_no_request()
    {
        // More lines than the pipe and the queue hold; the test reads only up to the line with the address.
        const int Requests = 3000;
        var start = new ProcessStartInfo(RegistryProcess.Command[0], [
            .. RegistryProcess.Command.Skip(1), "--Logging:Console:MaxQueueLength=100"
        ])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            Environment = { ["ASPNETCORE_URLS"] = "http://127.0.0.1:0", ["FILESYSTEM__PATH"] = Data },
        };
        using var process = Process.Start(start)!;
        try
        {
            const string Prefix = "Now listening on: ";
            string? line;
            do
                line = await process.StandardOutput.ReadLineAsync(CancellationToken);
            while (line?.Contains(Prefix, StringComparison.Ordinal) == false);
            using var client = new HttpClient { BaseAddress = new Uri(line!.Split(Prefix)[1]) };
            await Parallel.ForEachAsync(
                Enumerable.Range(0, Requests),
                new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = CancellationToken },
                async (number, cancellationToken) =>
                {
                    using var response = await client.GetAsync($"/healthz?{number}", cancellationToken);
                    Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
                });

            // The rest consists of whole lines, and new lines arrive.
            var rest = process.StandardOutput.ReadToEndAsync(CancellationToken);
            await UntilAsync(
                async () =>
                    (await client.GetAsync("/healthz/again", CancellationToken)).StatusCode == HttpStatusCode.NotFound,
                "the service responds");
            using var kill = Process.Start("kill", [$"{process.Id}"]);
            var lines = (await rest).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.That(
                lines.Count(static entry => entry.Contains("GET /healthz ", StringComparison.Ordinal)),
                Is.LessThan(Requests),
                "some lines were dropped");
            Assert.That(lines, Has.All.Match("^[0-9]{4}-"));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Test]
    public async Task A_persistent_storage_failure_is_logged_in_full_once_per_window()
    {
        const int Requests = 400;
        var registry = await StartAsync();
        Directory.Move(Data, $"{Data}-aside");
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Requests),
            new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = CancellationToken },
            async (number, cancellationToken) =>
            {
                using var response = await registry.Client.PostAsync(
                    "/api/v1/app", new StringContent($"archive {number}"), cancellationToken);
                Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            });
        Directory.Move($"{Data}-aside", Data);
        await registry.StopAsync();

        var faults = registry.Log.Where(static line => !line.Contains(" info: ", StringComparison.Ordinal)).ToList();
        Assert.That(
            faults.Count(static line => line.Contains("   at ", StringComparison.Ordinal)),
            Is.InRange(1, 5),
            string.Join('\n', faults));
        Assert.That(
            faults,
            Has.Some.Contains(
                " more failures of the same kind within 10 s, the latest: POST /api/v1/app failed with 503: "));
        Assert.That(faults, Has.Count.LessThan(50), "one line per window");
    }

    private static string Hex(
        string text) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private async Task SendAsync(
        RegistryProcess registry,
        HttpMethod method,
        string path,
        HttpStatusCode expected = HttpStatusCode.OK,
        string? content = null)
    {
        using var request =
            new HttpRequestMessage(method, path) { Content = content is null ? null : new StringContent(content) };
        request.Headers.TryAddWithoutValidation("Authorization", "Basic dXNlcjpodW50ZXIy hunter2");
        using var response = await registry.Client.SendAsync(request, CancellationToken);
        Assert.That(
            response.StatusCode,
            Is.EqualTo(expected),
            $"{method} {path}: {await response.Content.ReadAsStringAsync(CancellationToken)}");
    }
}
