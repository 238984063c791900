using Microsoft.Extensions.Configuration;
using NUnit.Framework;

namespace Registry.Tests.Support.Clients;

/// <summary>A helm of a given version, with its own home folder.</summary>
internal sealed class HelmClient
{
    /// <summary>The flag that allows HTTP for <c>oci://</c> references.</summary>
    private const string PlainHttp = "--plain-http";

    private readonly string binary;
    private readonly string folder;
    private readonly CancellationToken cancellationToken;
    private int pulls;

    /// <param name="version">One of <see cref="Versions"/>.</param>
    /// <param name="folder">Its home; <see cref="WorkFolder"/> is in it.</param>
    /// <param name="cancellationToken">Kills a running command.</param>
    public HelmClient(string version, string folder, CancellationToken cancellationToken)
    {
        (binary, this.folder, this.cancellationToken) = (BinaryOf(version), folder, cancellationToken);
        Directory.CreateDirectory(WorkFolder);
    }

    /// <summary>The versions that <c>test.sh</c> installs, oldest first.</summary>
    public static IEnumerable<string> Versions { get; } =
    [
        .. File.ReadLines(Path.Combine(RegistryProcess.Root, ".ci", "helm.txt"))
            .Select(static line => line.Split(' ')[0]),
    ];

    /// <summary>The last of <see cref="Versions"/>, for tests whose subject is not helm itself.</summary>
    public static IEnumerable<string> Newest => Versions.TakeLast(1);

    /// <summary>The working directory of the commands.</summary>
    public string WorkFolder => Below("work");

    /// <summary>Skips the test if the version is not installed.</summary>
    public static void Require(string version)
    {
        if (!File.Exists(BinaryOf(version)))
            Assert.Ignore(
                $"helm {version} is not installed. Run ./test.sh with access to the npm registry to install it.");
    }

    /// <summary>Runs a command that must succeed.</summary>
    /// <returns>The standard output.</returns>
    public async Task<string> RunAsync(params string[] arguments) => (await TryAsync(arguments)).Succeeded();

    /// <summary>Runs a command that must fail.</summary>
    /// <returns>The standard error.</returns>
    public async Task<string> FailAsync(params string[] arguments) => (await TryAsync(arguments)).Failed();

    /// <summary>Runs a command. Registries of <c>oci://</c> references may be plain HTTP.</summary>
    public Task<ClientRun> TryAsync(params string[] arguments) => ClientRun.OfAsync(
        binary,
        arguments.Any(static argument => argument.StartsWith("oci://", StringComparison.Ordinal))
            || arguments[0] == "dependency"
            ? [.. arguments, PlainHttp]
            : arguments,
        WorkFolder,
        Environment,
        cancellationToken);

    /// <summary>
    /// Runs a shell script in which <c>helm</c> is this one. It stops at the first error, and must succeed.
    /// </summary>
    /// <returns>The standard output.</returns>
    public async Task<string> ShellAsync(string script) => (await BashAsync(script, "-euo", "pipefail")).Succeeded();

    /// <summary>Runs commands as a terminal into which they are pasted: it goes on after an error.</summary>
    public Task<ClientRun> PasteAsync(string commands) => BashAsync(commands);

    /// <summary>Runs <c>helm pull</c> with these arguments, which must succeed.</summary>
    /// <returns>The files that it saved, by name.</returns>
    public async Task<IReadOnlyDictionary<string, byte[]>> PullAsync(params string[] arguments)
    {
        var destination = Directory.CreateDirectory(Path.Combine(WorkFolder, $"pull-{++pulls}")).FullName;
        await RunAsync(["pull", .. arguments, "--destination", destination]);
        var files = new Dictionary<string, byte[]>();
        foreach (var file in Directory.EnumerateFiles(destination))
            files[Path.GetFileName(file)] = await File.ReadAllBytesAsync(file, cancellationToken);
        return files;
    }

    /// <summary>Discards all downloaded charts and indexes; added repositories stay.</summary>
    public void ClearCache()
    {
        if (Directory.Exists(Below("cache")))
            Directory.Delete(Below("cache"), recursive: true);
    }

    private Task<ClientRun> BashAsync(string script, params string[] options) => ClientRun.OfAsync(
        "bash",
        [.. options, "-c", $"helm() {{ '{binary}' \"$@\"; }}\n{script}"],
        WorkFolder,
        Environment,
        cancellationToken);

    private (string Name, string Value)[] Environment =>
    [
        ("HOME", folder),
        ("TMPDIR", folder),
        ("HELM_CACHE_HOME", Below("cache")),
        ("HELM_CONFIG_HOME", Below("config")),
        ("HELM_DATA_HOME", Below("data")),
    ];

    private string Below(string name) => Path.Combine(folder, name);

    /// <summary>The path where <c>test.sh</c> installs a version.</summary>
    private static string BinaryOf(string version) =>
        Path.Combine(CacheFolder(), "registry-tests", $"helm-{version}", "helm");

    private static string CacheFolder()
    {
        var set = Variable("XDG_CACHE_HOME");
        return set.Length > 0 ? set : Path.Combine(Variable("HOME"), ".cache");
    }

    private static string Variable(string name) =>
        new ConfigurationBuilder().AddEnvironmentVariables().Build()[name] ?? "";
}
