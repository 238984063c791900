using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Registry.Tests.Support;

/// <summary>
/// The service as its operator runs it: another process, from the built output, on a loopback port that the system
/// chose. Disposing it kills it, if it still runs, with whatever it has started.
/// </summary>
internal sealed class RegistryProcess : IAsyncDisposable
{
    /// <summary>Far above what a start, a stop or a kill takes, on a machine that does much else.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(90);

    private readonly Process process;
    private readonly ConcurrentQueue<string> output = new();
    private readonly ConcurrentQueue<string> errors = new();
    private readonly TaskCompletionSource<Uri> listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task readers;
    private HttpClient? client;

    private RegistryProcess(Process process)
    {
        this.process = process;
        readers = Task.WhenAll(ReadAsync(process.StandardOutput, output), ReadAsync(process.StandardError, errors));
    }

    /// <summary>The top folder of the sources.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Release or Debug, as these tests were built.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>The command that runs the service.</summary>
    public static IReadOnlyList<string> Command { get; } =
        ["dotnet", Path.Combine(Root, "Registry.Api", "bin", Configuration, "net10.0", "Registry.Api.dll")];

    public int Id => process.Id;

    /// <summary>What it printed to standard output: its log.</summary>
    public IReadOnlyCollection<string> Log => output;

    /// <summary>What it printed to standard error.</summary>
    public string Errors => string.Join('\n', errors);

    /// <summary>A client of it, that waits for its answers.</summary>
    public HttpClient Client => client ?? throw new InvalidOperationException("It does not listen yet.");

    public Uri Address => Client.BaseAddress!;

    /// <summary>The most memory that it has ever had resident, in bytes (<c>VmHWM</c>).</summary>
    public long PeakMemory
    {
        get
        {
            var line = File.ReadLines($"/proc/{process.Id}/status")
                .First(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
                * 1024;
        }
    }

    /// <summary>Starts the service over <c>folder/data</c>, and waits until it is ready.</summary>
    public static async Task<RegistryProcess> StartAsync(
        string folder, params IEnumerable<(string Name, string? Value)> settings)
    {
        var registry = Launch(Command, folder, [("FILESYSTEM__PATH", Path.Combine(folder, "data")), .. settings]);
        try
        {
            await registry.ReadyAsync();
            return registry;
        }
        catch
        {
            await registry.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it and does not wait.</summary>
    /// <param name="command">Usually <see cref="Command"/>, or something that ends by executing it.</param>
    /// <param name="workingFolder">The working directory.</param>
    /// <param name="settings">Environment variables; null for none of this name.</param>
    public static RegistryProcess Launch(
        IReadOnlyList<string> command, string workingFolder, IEnumerable<(string Name, string? Value)> settings)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = workingFolder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] inherited = ["STORAGE", "DOTNET_ENVIRONMENT", "ASPNETCORE_ENVIRONMENT", "ASPNETCORE_HTTP_PORTS"];
        foreach (var name in inherited)
            start.Environment.Remove(name);
        // The runtime's pipes for diagnostics would stay in the temporary folder whenever the process is killed.
        (string, string?)[] defaults = [("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("DOTNET_EnableDiagnostics", "0")];
        foreach (var (name, value) in defaults.Concat(settings))
            if (value is null)
                start.Environment.Remove(name);
            else
                start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new RegistryProcess(process);
    }

    /// <summary>Waits until it listens and <c>/readyz</c> says so.</summary>
    public async Task ReadyAsync()
    {
        using var deadline = new CancellationTokenSource(Timeout);
        await ListenAsync();
        await Client.UntilReadyAsync(deadline.Token);
    }

    /// <summary>Waits until it listens.</summary>
    public async Task ListenAsync()
    {
        try
        {
            var address = await listening.Task.WaitAsync(Timeout);
            // Proxies that the environment names are for other hosts; and a test that holds an answer back needs
            // connections to spare.
            client = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = Timeout })
            {
                BaseAddress = address,
                Timeout = Timeout
            };
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException($"The registry did not start.\n{string.Join('\n', output)}\n{Errors}");
        }
    }

    /// <summary>SIGKILL: it ends in the midst of whatever it does.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await ExitAsync();
    }

    /// <summary>SIGTERM, as an orchestrator sends it; returns at once.</summary>
    public void AskToStop()
    {
        if (Send(process.Id, SigTerm) != 0)
            throw new InvalidOperationException($"kill: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>SIGTERM; returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        AskToStop();
        return await ExitAsync();
    }

    /// <summary>Waits for its end, and for all that it printed; returns its exit code.</summary>
    public async Task<int> ExitAsync()
    {
        await process.WaitForExitAsync().WaitAsync(Timeout);
        await readers.WaitAsync(Timeout);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        client?.Dispose();
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        await readers;
        process.Dispose();
    }

    private const int SigTerm = 15;

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Send(int process, int signal);

    private async Task ReadAsync(StreamReader from, ConcurrentQueue<string> to)
    {
        const string Said = "Now listening on: ";
        while (await from.ReadLineAsync() is { } line)
        {
            to.Enqueue(line);
            if (line.IndexOf(Said, StringComparison.Ordinal) is >= 0 and var at)
                listening.TrySetResult(new Uri(line[(at + Said.Length)..].Split('"')[0].Trim()));
        }

        if (from == process.StandardOutput)
            listening.TrySetException(
                new InvalidOperationException($"The registry ended.\n{string.Join('\n', output)}\n{Errors}"));
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Registry.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("These tests run from within the sources.");
        return folder.FullName;
    }
}
