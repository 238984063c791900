using System.Diagnostics;
using System.Reflection;

namespace Registry.Tests.Support;

/// <summary>
/// A child process that runs a role of this assembly: the public static method <c>RunAsync(string[] arguments)</c> of
/// a given type. Disposing it kills the process if it still runs.
/// </summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly Task<string> errors;

    private ChildProcess(Process process)
    {
        this.process = process;
        errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts the role of a type.</summary>
    public static ChildProcess Start(Type role, params string[] arguments) => Start([], role, arguments);

    /// <summary>
    /// Starts a role through another command, such as <c>unshare</c>, that executes its remaining arguments.
    /// </summary>
    public static ChildProcess Start(IEnumerable<string> by, Type role, params string[] arguments)
    {
        string[] command = [.. by, "dotnet", "exec", role.Assembly.Location, role.FullName!, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The diagnostic pipes of the runtime would stay in the temporary folder after a kill.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>Reads the next line of its standard output; null when the process has ended.</summary>
    public async Task<string?> ReadLineAsync(
        CancellationToken cancellationToken) => await process.StandardOutput.ReadLineAsync(cancellationToken);

    public async Task WriteLineAsync(string line)
    {
        await process.StandardInput.WriteLineAsync(line);
        await process.StandardInput.FlushAsync();
    }

    /// <summary>Sends SIGKILL.</summary>
    public void Kill() => process.Kill();

    /// <summary>Waits until the process ends; returns its exit code and standard error.</summary>
    public async Task<(int ExitCode, string Errors)> WaitAsync(CancellationToken cancellationToken)
    {
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    /// <summary>The entry point of this assembly, used by child processes and not by the test host.</summary>
    internal static async Task<int> Main(string[] arguments)
    {
        if (arguments.Length == 0
            || Type.GetType(
                arguments[0])?.GetMethod("RunAsync", BindingFlags.Public | BindingFlags.Static) is not { } run)
        {
            await Console.Error.WriteLineAsync(
                "No role given. Only tests start this assembly directly; to run the tests, use `dotnet test`.");
            return 2;
        }

        await (Task)run.Invoke(null, [arguments[1..]])!;
        return 0;
    }
}
