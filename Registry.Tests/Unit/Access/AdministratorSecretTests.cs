using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Api.Access;
using Registry.Core.Access;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Access;

[Parallelizable(ParallelScope.All)]
internal sealed class AdministratorSecretTests
{
    private const string Secret = "administrator-of-tests";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Test]
    public async Task A_file_that_does_not_respond_has_no_secret_until_it_does()
    {
        using var answers = new ManualResetEventSlim(initialState: true);
        using var reads = new SemaphoreSlim(0);
        var time = new TimersOnRequest();
        var secret = new AdministratorSecret(
            Options("secret"),
            _ =>
            {
                reads.Release();
                answers.Wait();
                return new AdministratorSecret.SecretInFile(Secret, null);
            },
            time,
            NullLogger<AdministratorSecret>.Instance);
        await secret.ReloadAsync(default);
        Assert.That(await IsKnownAsync(secret), Is.True);
        Assert.That(await reads.WaitAsync(Deadline), Is.True);
        answers.Reset();
        for (var i = 0; i < 3; i++)
        {
            var reload = secret.ReloadAsync(default);
            time.Fire();
            await reload;
            Assert.That(await IsKnownAsync(secret), Is.False);
        }

        Assert.That(await reads.WaitAsync(Deadline), Is.True);
        Assert.That(reads.CurrentCount, Is.Zero, "A read that does not end is not begun again.");
        answers.Set();
        await ReloadUntilKnownAsync(secret);
    }

    [Test]
    public async Task A_named_pipe_has_no_secret_and_is_not_opened()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Below("secret");
        await File.WriteAllTextAsync(file, Secret);
        var secret = new AdministratorSecret(
            Options(file), TimeProvider.System, NullLogger<AdministratorSecret>.Instance);
        await secret.ReloadAsync(default);
        Assert.That(await IsKnownAsync(secret), Is.True);
        File.Delete(file);
        await NamedPipe.CreateAsync(file);
        await secret.ReloadAsync(default);
        Assert.That(await IsKnownAsync(secret), Is.False);
        File.Delete(file);
        File.CreateSymbolicLink(file, folder.Below("target"));
        await File.WriteAllTextAsync(folder.Below("target"), Secret);
        await secret.ReloadAsync(default);
        Assert.That(await IsKnownAsync(secret), Is.True, "Kubernetes mounts links.");
    }

    private static AccessOptions Options(string file) => new()
    {
        RequiresScopes = true,
        Anonymous = ScopeSet.None,
        AdminTokenFile = file,
    };

    private static async Task<bool> IsKnownAsync(AdministratorSecret secret) =>
        await secret.VerifyAsync(Secret, new DefaultHttpContext()) is not null;

    private static async Task ReloadUntilKnownAsync(AdministratorSecret secret)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!await IsKnownAsync(secret))
        {
            await secret.ReloadAsync(deadline.Token);
            await Task.Delay(10, deadline.Token);
        }
    }

    /// <summary>The timers of this clock fire on request.</summary>
    private sealed class TimersOnRequest : TimeProvider
    {
        private ITimer? latest;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            latest = base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public void Fire() => latest!.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
