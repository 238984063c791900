using System.Diagnostics;
using System.Text;
using NUnit.Framework;

namespace Registry.Tests.Support.Clients;

/// <summary>A finished run of a command-line client.</summary>
/// <param name="Command">The command line.</param>
/// <param name="Code">The exit code.</param>
/// <param name="Output">The standard output.</param>
/// <param name="Error">The standard error.</param>
internal sealed record ClientRun(string Command, int Code, string Output, string Error)
{
    /// <summary>Far longer than any command takes, even on a busy machine.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(90);

    /// <summary>
    /// Runs a command to completion. It sees no environment but <c>PATH</c> and the given variables. If it takes
    /// longer than 90 seconds or the test is cancelled, it is killed with its children.
    /// </summary>
    /// <param name="command">The executable.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="folder">The working directory.</param>
    /// <param name="environment">The environment variables.</param>
    /// <param name="cancellationToken">Kills the command.</param>
    /// <exception cref="TimeoutException">The command took too long.</exception>
    public static async Task<ClientRun> OfAsync(
        string command,
        IReadOnlyCollection<string> arguments,
        string folder,
        IEnumerable<(string Name, string Value)> environment,
        CancellationToken cancellationToken)
    {
        var line = $"{Path.GetFileName(command)} {string.Join(' ', arguments)}";
        var start = new ProcessStartInfo(command, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        var path = start.Environment["PATH"];
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        foreach (var (name, value) in environment)
            start.Environment[name] = value;

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Timeout);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw new TimeoutException($"'{line}' was killed.\n{await output}\n{await error}");
        }

        return new ClientRun(line, process.ExitCode, await output, await error);
    }

    /// <summary>Asserts that the command succeeded.</summary>
    /// <returns>The standard output.</returns>
    public string Succeeded()
    {
        Assert.That(Code, Is.Zero, ToString());
        return Output;
    }

    /// <summary>Asserts that the command failed.</summary>
    /// <returns>The standard error.</returns>
    public string Failed()
    {
        Assert.That(Code, Is.Not.Zero, ToString());
        return Error;
    }

    public override string ToString() => $"$ {Command}\n{Output}{Error}exit code {Code}";
}
