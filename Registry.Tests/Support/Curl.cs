using System.Diagnostics;
using System.Text;
using NUnit.Framework;

namespace Registry.Tests.Support;

/// <summary>Runs the real curl through a shell, as users paste it.</summary>
internal static class Curl
{
    /// <summary>Runs a shell script in a folder and asserts that it succeeds.</summary>
    /// <returns>The standard output.</returns>
    public static async Task<string> ShellAsync(string folder, string script, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", script])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        // The user's own configuration must not affect the command.
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
