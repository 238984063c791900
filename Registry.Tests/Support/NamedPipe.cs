using System.Diagnostics;

namespace Registry.Tests.Support;

/// <summary>Makes named pipes. Opening one blocks until its other end is opened.</summary>
internal static class NamedPipe
{
    public static async Task<string> CreateAsync(string path)
    {
        using var command = Process.Start("mkfifo", [path]);
        await command.WaitForExitAsync();
        return command.ExitCode == 0 ? path : throw new InvalidOperationException($"mkfifo {path} failed.");
    }
}
