using System.Diagnostics;
using System.Globalization;
using NUnit.Framework;

namespace Registry.Tests.Support;

/// <summary>
/// A tmpfs of its own for one test, mounted at a folder in a namespace that no other process sees. The commands that a
/// test starts in it share it one after the other. Disposing it ends the process that holds it, and with it the volume.
/// </summary>
internal sealed class PrivateVolume : IAsyncDisposable
{
    private readonly Process holder;
    private readonly string folder;

    private PrivateVolume(Process holder, string folder)
    {
        this.holder = holder;
        this.folder = folder;
    }

    /// <summary>Mounts it; skips the test where the machine lets nobody mount a volume of his own.</summary>
    /// <param name="folder">Where; it must exist.</param>
    /// <param name="size">As mount takes it, such as <c>8m</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<PrivateVolume> MountAsync(string folder, string size, CancellationToken cancellationToken)
    {
        const string Script = "mount -t tmpfs -o size=\"$1\" tmpfs \"$0\" && echo mounted && exec cat";
        string[] arguments = ["--user", "--map-root-user", "--mount", "sh", "-c", Script, folder, size];
        var start = new ProcessStartInfo("unshare", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var holder = Process.Start(start)!;
        var volume = new PrivateVolume(holder, folder);
        if (await holder.StandardOutput.ReadLineAsync(cancellationToken) == "mounted")
            return volume;
        var reason = await holder.StandardError.ReadToEndAsync(cancellationToken);
        await volume.DisposeAsync();
        Assert.Ignore($"This machine lets nobody mount a volume of his own: {reason.Trim()}");
        throw new UnreachableException();
    }

    /// <summary>The command that runs another one where the volume is seen.</summary>
    public IReadOnlyList<string> Command(IEnumerable<string> command)
    {
        var target = holder.Id.ToString(CultureInfo.InvariantCulture);
        return ["nsenter", "--preserve-credentials", "--user", "--mount", "--target", target, "--", .. command];
    }

    /// <summary>Fills all room that is left by a file that no writer holds.</summary>
    /// <param name="name">The file, below the folder.</param>
    public Task FillAsync(string name) =>
        ShellAsync("head -c 64m /dev/zero >\"$0\" 2>/dev/null; test -s \"$0\"", Path.Combine(folder, name));

    /// <summary>Removes a file.</summary>
    public Task RemoveAsync(string name) => ShellAsync("rm \"$0\"", Path.Combine(folder, name));

    /// <summary>Mounts it read-only from now on.</summary>
    public Task MakeReadOnlyAsync() => ShellAsync("mount -o remount,ro \"$0\"", folder);

    /// <summary>The names of all files on it, below the folder.</summary>
    public async Task<string> FilesAsync() => await ShellAsync("cd \"$0\" && find . -type f | sort", folder);

    public async ValueTask DisposeAsync()
    {
        if (!holder.HasExited)
            holder.Kill();
        await holder.WaitForExitAsync();
        holder.Dispose();
    }

    private async Task<string> ShellAsync(string script, string argument)
    {
        var command = Command(["sh", "-c", script, argument]);
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true };
        using var shell = Process.Start(start)!;
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        return shell.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"'{script}' ended with {shell.ExitCode}.");
    }
}
