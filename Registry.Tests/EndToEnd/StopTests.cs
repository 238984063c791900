using System.Net;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>SIGTERM lets requests in progress finish.</summary>
public sealed class StopTests : EndToEndTest
{
    [Test]
    public async Task A_stop_without_requests_exits_0() =>
        Assert.That(await (await StartAsync()).StopAsync(), Is.Zero);

    [Test]
    public async Task A_push_in_progress_is_completed()
    {
        var registry = await StartAsync();
        var midway = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var resume = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var package = new SeededPackage(1, 2 << 20);
        var push = registry.Client.PostAsync(
            "/api/v1/packages/stop/push",
            new PushContent(package, "1.0.0", () =>
            {
                midway.SetResult();
                return resume.Task;
            }),
            CancellationToken);
        await midway.Task.WaitAsync(CancellationToken);
        await UntilAsync(
            () => Task.FromResult(Directory.GetFiles(Path.Combine(Data, "staging")).Length > 0),
            "the upload is staged");

        registry.RequestStop();
        await UntilAsync(async () => !await AcceptsAsync(registry), "new connections are refused");
        resume.SetResult();
        using (var response = await push)
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await registry.ExitAsync(), Is.Zero);

        var next = await StartAsync();
        Assert.That(
            await next.Client.GetByteArrayAsync(
                "/api/v1/packages/stop/push/1.0.0/helm/pull",
                CancellationToken), SameBytes.As(await package.ToArrayAsync(CancellationToken)));
    }

    [Test]
    public async Task A_pull_in_progress_is_completed()
    {
        var registry = await StartAsync();
        // More than the buffers of both sides hold, so that data remains to be sent at shutdown.
        var package = new SeededPackage(2, 48 << 20);
        using (var pushed = await PushAsync(registry, "stop/pull", "1.0.0", package))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using var response = await registry.Client.GetAsync(
            "/api/v1/packages/stop/pull/1.0.0/helm/pull", HttpCompletionOption.ResponseHeadersRead, CancellationToken);

        registry.RequestStop();
        await UntilAsync(async () => !await AcceptsAsync(registry), "new connections are refused");
        await using var hash = new HashingStream();
        await response.Content.CopyToAsync(hash, CancellationToken);
        Assert.That(hash.Hex(), Is.EqualTo((await package.DigestsAsync(CancellationToken)).Gzip));
        Assert.That(await registry.ExitAsync(), Is.Zero);
    }

    [Test]
    public async Task A_command_stops_at_the_first_SIGTERM()
    {
        // A sparse archive: it uses no space, and reading it would take minutes.
        var archives = Path.Combine(Data, "blobs", "archives", "host");
        Directory.CreateDirectory(archives);
        Directory.CreateDirectory(Path.Combine(Data, "documents"));
        var archive = Path.Combine(archives, $"@{new string('a', 64)}");
        await using (var file = File.Create(archive))
            file.SetLength(1L << 40);

        var verify = Launch([.. RegistryProcess.Command, "verify", $"--Filesystem:Path={Data}"]);
        bool Reads() =>
            Directory.GetFiles($"/proc/{verify.Id}/fd").Any(open => new FileInfo(open).LinkTarget == archive);
        await UntilAsync(() => Task.FromResult(Reads()), "the command reads the archive");
        Assert.That(await verify.StopAsync(), Is.EqualTo(1));
        Assert.That(verify.Errors, Does.Contain("'verify' was interrupted before it finished."));
    }

    [Test]
    public async Task A_command_that_waits_for_input_stops_at_the_first_SIGTERM()
    {
        var import = Launch(
            ["sh", "-c", "mkfifo input && exec \"$@\" <>input", "sh", .. RegistryProcess.Command, "import-backup", "-"],
            ("FILESYSTEM__PATH", Data));
        await UntilAsync(
            () => Task.FromResult(Directory.Exists(Path.Combine(Data, "locks"))), "the registry is open");
        Assert.That(await import.StopAsync(), Is.EqualTo(1));
        Assert.That(import.Errors, Does.Contain("'import-backup' was interrupted before it finished."));
    }

    private static async Task<bool> AcceptsAsync(RegistryProcess registry)
    {
        using var socket = new System.Net.Sockets.TcpClient();
        try
        {
            await socket.ConnectAsync(registry.Address.Host, registry.Address.Port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
