using System.Globalization;
using System.Net;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>A volume that is frozen during writes, as for a snapshot.</summary>
public sealed class FrozenVolumeTests : EndToEndTest
{
    private const int Pushes = 32;
    private const int Deletes = 8;
    private const int PackageBytes = 100_000;
    private const string Kept = "/api/v1/packages/frozen/kept";

    [Test]
    public async Task Reads_work_on_a_frozen_volume_and_writes_wait()
    {
        using var volume = LoopVolume.Create();

        // Disposed before the volume, also when the test fails.
        await using var registry = await RegistryProcess.StartAsync(
            Folder, ("FILESYSTEM__PATH", Path.Combine(volume.Path, "data")));
        var ledger = new PushLedger("frozen");
        for (var number = 0; number < Deletes; number++)
            Assert.That(
                await ledger.PushAsync(registry.Client, "kept", $"1.0.{number}", PackageBytes, CancellationToken),
                Is.EqualTo(HttpStatusCode.OK));
        var archive = await SampleArchive.BytesAsync();
        Assert.That(
            await StatusAsync(
                registry.Client.PostAsync("/api/v1/app", new ByteArrayContent(archive), CancellationToken)),
            Is.EqualTo(HttpStatusCode.OK));

        var halfway = 0;
        var frozen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var pushes = Enumerable.Range(0, Pushes).Select(number => StatusAsync(registry.Client.PostAsync(
            $"/api/v1/packages/pushed/p{number}",
            new PushContent(new SeededPackage(number, PackageBytes), "1.0.0", PauseAsync),
            CancellationToken))).ToArray();
        await UntilAsync(() => Task.FromResult(Volatile.Read(ref halfway) == Pushes), "all pushes are half sent");

        var changes = new List<Task<HttpStatusCode>>(pushes);
        using (volume.Freeze())
        {
            frozen.SetResult();
            for (var number = 0; number < Deletes; number++)
                changes.Add(StatusAsync(registry.Client.DeleteAsync($"{Kept}/1.0.{number}/helm", CancellationToken)));
            changes.Add(StatusAsync(registry.Client.DeleteAsync($"/api/v1/app/{SampleArchive.Id}", CancellationToken)));
            changes.Add(StatusAsync(
                registry.Client.PostAsync(
                    "/api/v1/app?workspace=https://w/a", new ByteArrayContent(archive), CancellationToken)));
            await UntilAsync(
                () => Task.FromResult(Waiting(registry).Count(IsOfDisk) >= Pushes), "all disk threads are blocked");

            string[] reads = ["/healthz", "/readyz", "/api/v1/packages", $"{Kept}/1.0.0/helm/pull", "/api/v1/app"];
            foreach (var path in reads)
                Assert.That(
                    await StatusAsync(registry.Client.GetAsync(path, CancellationToken)),
                    Is.EqualTo(HttpStatusCode.OK),
                    path);

            // Another thread may briefly load a page of the program; a thread that waits for the volume stays blocked
            // while it is frozen.
            await UntilAsync(
                () => Task.FromResult(Waiting(registry).All(IsOfDisk)), "no other thread is blocked");
            Assert.That(changes.Any(static change => change.IsCompleted), Is.False);
        }

        Assert.That(
            await Task.WhenAll(changes), Is.All.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.NoContent));
        Assert.That(
            (await GetJsonAsync(registry, "/api/v1/packages?namespace=pushed")).GetArrayLength(), Is.EqualTo(Pushes));

        async Task PauseAsync()
        {
            Interlocked.Increment(ref halfway);
            await frozen.Task;
        }
    }

    private static bool IsOfDisk(string thread) => thread == "Disk";

    /// <summary>
    /// Returns the names of the threads in uninterruptible sleep (state D), as when they wait for a frozen volume.
    /// </summary>
    private static IEnumerable<string> Waiting(RegistryProcess registry)
    {
        var tasks = string.Create(CultureInfo.InvariantCulture, $"/proc/{registry.Id}/task");
        foreach (var task in Directory.EnumerateDirectories(tasks))
        {
            string stat;
            try
            {
                stat = File.ReadAllText(Path.Combine(task, "stat"));
            }
            catch (IOException)
            {
                // The thread has exited.
                continue;
            }

            var (from, to) = (stat.IndexOf('('), stat.LastIndexOf(')'));
            if (stat[to + 2] == 'D')
                yield return stat[(from + 1)..to];
        }
    }

    private static async Task<HttpStatusCode> StatusAsync(Task<HttpResponseMessage> request)
    {
        using var response = await request;
        return response.StatusCode;
    }
}
