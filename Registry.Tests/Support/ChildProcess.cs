using System.Diagnostics;
using System.Reflection;

namespace Registry.Tests.Support;

/// <summary>
/// Another process that runs a role of this assembly: a public static method <c>RunAsync(string[] arguments)</c> of the
/// type that is named. Disposing it kills it, if it still runs.
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
    /// Starts the role of a type by another command, such as <c>unshare</c>, that ends by executing what follows it.
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
        // The runtime's pipes for diagnostics would stay in the temporary folder whenever the process is killed.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>The next line that it prints; null when it ended.</summary>
    public async Task<string?> ReadLineAsync(
        CancellationToken cancellationToken) => await process.StandardOutput.ReadLineAsync(cancellationToken);

    public async Task WriteLineAsync(string line)
    {
        await process.StandardInput.WriteLineAsync(line);
        await process.StandardInput.FlushAsync();
    }

    /// <summary>kill -9.</summary>
    public void Kill() => process.Kill();

    /// <summary>Waits for its end; returns its exit code and what it printed to its error stream.</summary>
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

    /// <summary>The entry point of this assembly, which the test host does not use.</summary>
    internal static async Task<int> Main(string[] arguments)
    {
        if (arguments.Length == 0
            || Type.GetType(
                arguments[0])?.GetMethod("RunAsync", BindingFlags.Public | BindingFlags.Static) is not { } run)
        {
            await Console.Error.WriteLineAsync(
                "Names no role: the tests start this assembly with one; to run the tests, use `dotnet test`.");
            return 2;
        }

        await (Task)run.Invoke(null, [arguments[1..]])!;
        return 0;
    }
}
