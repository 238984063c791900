using System.Diagnostics;
using System.Text;
using NUnit.Framework;

namespace Registry.Tests.Support;

/// <summary>The real curl, through a shell, as people paste it.</summary>
internal static class Curl
{
    /// <summary>Runs a script of shell commands in a folder; it must succeed.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<string> ShellAsync(string folder, string script, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", script])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        // Nothing of the operator's own may change what the command does.
        start.Environment["CURL_HOME"] = folder;
        start.Environment["no_proxy"] = "*";
        using var shell = Process.Start(start)!;
        var errors = shell.StandardError.ReadToEndAsync(cancellationToken);
        var output = await shell.StandardOutput.ReadToEndAsync(cancellationToken);
        await shell.WaitForExitAsync(cancellationToken);
        Assert.That(shell.ExitCode, Is.Zero, $"{script}\n{output}\n{await errors}");
        return output;
    }
}
