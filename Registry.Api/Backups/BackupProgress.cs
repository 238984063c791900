using Registry.Api.Commands;

namespace Registry.Api.Backups;

/// <summary>Tells from time to time how far something has come.</summary>
internal sealed class BackupProgress(CommandConsole console, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private long told = time.GetTimestamp();

    /// <summary>Tells it, unless that was done a short time ago.</summary>
    public void Tell(Func<string> state)
    {
        if (time.GetElapsedTime(told) < Pause)
            return;
        told = time.GetTimestamp();
        console.Error.WriteLine(state());
    }
}
