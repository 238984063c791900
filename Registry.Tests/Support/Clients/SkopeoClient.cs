namespace Registry.Tests.Support.Clients;

/// <summary>The installed skopeo, with its own home folder.</summary>
/// <param name="folder">Its home and working directory.</param>
/// <param name="cancellationToken">Kills a running command.</param>
internal sealed class SkopeoClient(string folder, CancellationToken cancellationToken)
{
    /// <summary>The working directory of the commands.</summary>
    public string WorkFolder => folder;

    /// <summary>Runs a command that must succeed.</summary>
    /// <returns>The standard output.</returns>
    public async Task<string> RunAsync(string command, params string[] arguments) =>
        (await TryAsync(command, arguments)).Succeeded();

    /// <summary>Runs a command that must fail.</summary>
    /// <returns>The standard error.</returns>
    public async Task<string> FailAsync(string command, params string[] arguments) =>
        (await TryAsync(command, arguments)).Failed();

    /// <summary>Runs a command. Registries may be plain HTTP.</summary>
    public Task<ClientRun> TryAsync(string command, params string[] arguments) => ClientRun.OfAsync(
        "skopeo",
        ["--insecure-policy", "--tmpdir", folder, command, .. InsecureFlags(command), .. arguments],
        folder,
        [
            ("HOME", folder),
            ("XDG_RUNTIME_DIR", folder),
            // Root would share its record of known blobs with every other skopeo on this machine.
            ("_CONTAINERS_ROOTLESS_UID", "1000"),
        ],
        cancellationToken);

    private static string[] InsecureFlags(string command) => command is "copy"
        ? ["--src-tls-verify=false", "--dest-tls-verify=false"]
        : ["--tls-verify=false"];
}
