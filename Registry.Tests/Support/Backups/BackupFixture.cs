using System.Text;
using System.Text.Json.Nodes;
using Registry.Api.Commands;

namespace Registry.Tests.Support.Backups;

/// <summary>A registry in a temporary folder, with both backup commands run in this process.</summary>
internal sealed class BackupFixture : IDisposable
{
    private readonly TemporaryFolder folder = new();

    /// <summary>The data folder of the registry.</summary>
    public string Data => Below("data");

    /// <summary>The path of a backup that the reference server wrote.</summary>
    public static string ReferenceFile { get; } = Path.Combine(AppContext.BaseDirectory, "Data", "backup1.json");

    /// <summary>Returns a copy of the reference backup, which the test may change.</summary>
    public static JsonObject Reference() => JsonNode.Parse(File.ReadAllText(ReferenceFile))!.AsObject();

    /// <summary>Returns a backup of these packages, without channels.</summary>
    public static JsonObject Of(
        params JsonObject[] entries) =>
        new() { ["packages"] = new JsonArray([.. entries]), ["channels"] = new JsonArray() };

    public string Below(string name) => folder.Below(name);

    public Task<CommandRun> ImportAsync(
        JsonNode backup, params string[] arguments) => ImportAsync(backup.ToJsonString(), arguments);

    public Task<CommandRun> ImportAsync(string backup, params string[] arguments) =>
        ImportAsync(new MemoryStream(Encoding.UTF8.GetBytes(backup)), arguments);

    /// <summary>Imports from standard input.</summary>
    public Task<CommandRun> ImportAsync(Stream backup, params string[] arguments) =>
        RunAsync(new ImportBackupCommand { Input = () => backup }, ["-", .. arguments]);

    public Task<CommandRun> ImportFileAsync(string path) => RunAsync(new ImportBackupCommand(), [path]);

    /// <summary>Exports to standard output.</summary>
    public async Task<string> ExportAsync(params string[] arguments)
    {
        var (run, text) = await TryExportAsync(arguments);
        return run.Code == 0 ? text : throw new InvalidOperationException(run.Error);
    }

    public async Task<(CommandRun Run, string Text)> TryExportAsync(params string[] arguments)
    {
        var output = new MemoryStream();
        var run = await RunAsync(new ExportBackupCommand { Output = () => output }, ["-", .. arguments]);
        return (run, Encoding.UTF8.GetString(output.ToArray()));
    }

    public Task<CommandRun> ExportFileAsync(string path) => RunAsync(new ExportBackupCommand(), [path]);

    /// <summary>Starts the service over the same registry.</summary>
    public Task<RegistryHost> ServeAsync() => RegistryHost.StartAsync($"--Filesystem:Path={Data}");

    /// <summary>Lists the data files with length and time, without locks and change records.</summary>
    public IReadOnlyList<string> Files() =>
    [
        .. new DirectoryInfo(Data).EnumerateFiles("*", SearchOption.AllDirectories)
            .Select(file => $"{Path.GetRelativePath(Data, file.FullName)} {file.Length} {file.LastWriteTimeUtc.Ticks}")
            .Where(
                static name =>
                    !name.StartsWith("locks/", StringComparison.Ordinal)
                        && !name.StartsWith("changes ", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Returns the path of the index of a package.</summary>
    public string IndexOf(string package) => Path.Combine(Data, "documents", "packages", $"{package}@.json");

    public void Dispose() => folder.Dispose();

    private Task<CommandRun> RunAsync(
        RegistryCommand command,
        string[] arguments) => CommandRun.OfAsync(command, [.. arguments, $"--Filesystem:Path={Data}"]);
}
