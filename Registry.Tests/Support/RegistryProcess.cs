using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Registry.Tests.Support;

/// <summary>
/// The service as operators run it: a separate process, from the build output, on a free loopback port. Disposing it
/// kills it and its children if it still runs.
/// </summary>
internal sealed class RegistryProcess : IRegistry, IAsyncDisposable
{
    /// <summary>Far longer than a start, stop or kill takes, even on a busy machine.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(90);

    /// <summary>
    /// Limits how many processes start at the same time: each needs a processor for a second, and must meet the
    /// deadline for the first response of its storage.
    /// </summary>
    private static readonly SemaphoreSlim Starts = new(Environment.ProcessorCount);

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

    /// <summary>The root folder of the sources.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The build configuration of these tests, Release or Debug.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>The command that runs the service.</summary>
    public static IReadOnlyList<string> Command { get; } =
        ["dotnet", Path.Combine(Root, "Registry.Api", "bin", Configuration, "net10.0", "Registry.Api.dll")];

    public int Id => process.Id;

    /// <summary>The lines of its standard output: its log.</summary>
    public IReadOnlyCollection<string> Log => output;

    /// <inheritdoc/>
    public IEnumerable<string> Messages => output;

    /// <summary>The text of its standard error.</summary>
    public string Errors => string.Join('\n', errors);

    /// <inheritdoc/>
    public HttpClient Client => client ?? throw new InvalidOperationException("The service does not listen yet.");

    /// <inheritdoc/>
    public Uri Address => Client.BaseAddress!;

    /// <summary>The peak resident memory of the process, in bytes (<c>VmHWM</c>).</summary>
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
        await Starts.WaitAsync();
        try
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
        finally
        {
            Starts.Release();
        }
    }

    /// <summary>Starts it without waiting.</summary>
    /// <param name="command">Usually <see cref="Command"/>, or a command that ends by executing it.</param>
    /// <param name="workingFolder">The working directory.</param>
    /// <param name="settings">Environment variables; a null value removes an inherited one.</param>
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
        (string, string?)[] defaults =
        [
            ("ASPNETCORE_URLS", "http://127.0.0.1:0"),
            // The diagnostic pipes of the runtime would stay in the temporary folder after a kill.
            ("DOTNET_EnableDiagnostics", "0"),
            // Methods that are called often are not compiled again: a process ends too soon to gain by it, and a
            // third of its processor time would be spent on it.
            ("DOTNET_TC_CallCounting", "0"),
        ];
        foreach (var (name, value) in defaults.Concat(settings))
            if (value is null)
                start.Environment.Remove(name);
            else
                start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new RegistryProcess(process);
    }

    /// <summary>Waits until it listens and <c>/readyz</c> returns 200.</summary>
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
            // Proxies from the environment are for other hosts, and tests that hold back a response need spare
            // connections.
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

    /// <summary>Kills it with SIGKILL, whatever it is doing.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await ExitAsync();
    }

    /// <summary>Sends SIGTERM, as an orchestrator does, without waiting.</summary>
    public void RequestStop()
    {
        if (Send(process.Id, SigTerm) != 0)
            throw new InvalidOperationException($"kill: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Sends SIGTERM and waits; returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        RequestStop();
        return await ExitAsync();
    }

    /// <summary>Waits for it to exit and for all its output; returns the exit code.</summary>
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
        const string Prefix = "Now listening on: ";
        while (await from.ReadLineAsync() is { } line)
        {
            to.Enqueue(line);
            if (line.IndexOf(Prefix, StringComparison.Ordinal) is >= 0 and var at)
                listening.TrySetResult(new Uri(line[(at + Prefix.Length)..].Split('"')[0].Trim()));
        }

        if (from == process.StandardOutput)
            listening.TrySetException(
                new InvalidOperationException($"The registry exited.\n{string.Join('\n', output)}\n{Errors}"));
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Registry.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("Run these tests from within the sources.");
        return folder.FullName;
    }
}
