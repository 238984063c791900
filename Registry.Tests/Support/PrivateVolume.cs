using System.Diagnostics;
using System.Globalization;
using NUnit.Framework;

namespace Registry.Tests.Support;

/// <summary>
/// A tmpfs for one test, mounted at a folder in a mount namespace that no other process sees. Commands that a test
/// starts in it share it. Disposing it ends the process that holds the namespace, and with it the volume.
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

    /// <summary>Mounts it; skips the test where users cannot mount volumes.</summary>
    /// <param name="folder">The mount point, which must exist.</param>
    /// <param name="size">The size in the format of mount, such as <c>8m</c>.</param>
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
        Assert.Ignore($"Users cannot mount volumes on this machine: {reason.Trim()}");
        throw new UnreachableException();
    }

    /// <summary>Returns a command that runs another one inside the namespace.</summary>
    public IReadOnlyList<string> Command(IEnumerable<string> command)
    {
        var target = holder.Id.ToString(CultureInfo.InvariantCulture);
        return ["nsenter", "--preserve-credentials", "--user", "--mount", "--target", target, "--", .. command];
    }

    /// <summary>Fills the remaining space with a file that no process holds open.</summary>
    /// <param name="name">The file, relative to the folder.</param>
    public Task FillAsync(string name) =>
        ShellAsync("head -c 64m /dev/zero >\"$0\" 2>/dev/null; test -s \"$0\"", Path.Combine(folder, name));

    /// <summary>Removes a file.</summary>
    public Task RemoveAsync(string name) => ShellAsync("rm \"$0\"", Path.Combine(folder, name));

    /// <summary>Remounts it read-only.</summary>
    public Task MakeReadOnlyAsync() => ShellAsync("mount -o remount,ro \"$0\"", folder);

    /// <summary>Lists all files on it, relative to the folder.</summary>
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
            : throw new InvalidOperationException($"'{script}' exited with {shell.ExitCode}.");
    }
}
