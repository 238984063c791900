using Registry.Api.Oci;
using Registry.Core.Artifacts;
using Registry.Core.Charts;
using Registry.Core.Packages;
using Registry.Core.Versions;

namespace Registry.Api.Ui;

/// <summary>
/// The commands that use a release, with the address under which the browser reached the registry. Names, releases and
/// media types have no characters that a shell interprets.
/// </summary>
internal static class UsageCommands
{
    /// <summary>
    /// What joins the lines of a command, so that a failed line is the last one that runs. A shell reads them all
    /// before it runs the first, so a prompt for a password does not read the next line.
    /// </summary>
    public const string Then = " &&\n";

    /// <summary>The user to log in as. The registry reads only the password, which is a token.</summary>
    private const string User = "token";

    /// <summary>The maximum length of the name of a Helm release.</summary>
    private const int MaxInstanceLength = 53;

    /// <summary>Returns the commands, the usual ones first.</summary>
    /// <param name="server">The address of the registry.</param>
    /// <param name="index">The package.</param>
    /// <param name="manifest">The release in the media type that is used.</param>
    /// <param name="chart">The chart; null when the release is not a chart.</param>
    /// <param name="isListed">Whether the Helm repository of its namespace lists the chart.</param>
    public static IReadOnlyList<Command> Of(
        ServerAddress server, PackageIndex index, Manifest manifest, ChartMetadata? chart, bool isListed)
    {
        var commands = new List<Command>();
        var package = index.Name;
        var release = manifest.Release;
        var hasRepository = isListed && HasRepository(package);
        if (chart is not null && ChartDraft.HasNumbersOf64Bits(release))
        {
            if (chart.Type == "library" && (hasRepository || RepositoryName.IsLegal(package)))
                commands.Add(Require(server, package, release, hasRepository));
            AddHelm(commands, server, package, manifest, hasRepository, isLibrary: chart.Type == "library");
        }

        if (RepositoryName.IsLegal(package) && TagOf(index, manifest) is { } tag)
            AddOci(commands, server, $"{server.Host}/{package}:{tag}", $"{package.Name}-{release}");
        if (chart is not null && hasRepository)
            commands.Add(new Command(
                "Download with curl",
                $"curl -fLO {CurlUser(server)}{server.RepositoryOf(package.Namespace)}/charts/"
                    + IndexEntry.FileName(package.Name, release)));
        else if (package.HasOnePartNamespace)
            commands.Add(new Command(
                "Download with curl",
                $"curl -f {CurlUser(server)}-o {package.Name}-{release}.tar.gz "
                    + $"{server.Home}/api/v1/packages/{package}/{release}/{manifest.MediaType}/pull"));
        if (package.HasOnePartNamespace)
            commands.Add(new Command(
                "Pull with appr",
                (server.NeedsLogin ? $"appr login -u {User} -p TOKEN {server.Home}{Then}" : "")
                    + $"appr pull {(server.IsPlain ? "http://" : "")}{server.Host}/{package}@{release} "
                    + $"-t {manifest.MediaType}"));
        return commands;
    }

    /// <summary>Adds the commands of OCI clients.</summary>
    /// <param name="commands">The commands.</param>
    /// <param name="server">The address of the registry.</param>
    /// <param name="reference">What to pull.</param>
    /// <param name="folder">The folder for a copy.</param>
    public static void AddOci(List<Command> commands, ServerAddress server, string reference, string folder)
    {
        commands.Add(new Command("Pull with oras", Oras(server, "pull", reference)));
        commands.Add(Skopeo(server, reference, folder));
    }

    /// <summary>Returns the command that copies what a reference names.</summary>
    public static Command Skopeo(ServerAddress server, string reference, string folder) => new(
        "Copy with skopeo",
        LogIn(server, "skopeo login", "--tls-verify=false ")
            + $"skopeo copy {(server.IsPlain ? "--src-tls-verify=false " : "")}docker://{reference} dir:{folder}");

    /// <summary>Returns a command of oras.</summary>
    public static string Oras(ServerAddress server, string command, string reference) =>
        LogIn(server, "oras login", "--plain-http ")
            + $"oras {command} {(server.IsPlain ? "--plain-http " : "")}{reference}";

    /// <summary>
    /// Returns the name under which Helm clients know a repository: one without slashes. No namespace contains its
    /// separators, so <c>a/b</c>, <c>a-b</c> and the channel <c>b</c> of <c>a</c> have different names.
    /// </summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="channel">The channel that the repository follows; null for none.</param>
    public static string AliasOf(string @namespace, ChannelName? channel = null) =>
        (@namespace.Length == 0 ? "registry" : @namespace.Replace('/', '+')) + (channel is null ? "" : $"@{channel}");

    /// <summary>Returns what a chart writes in its Chart.yaml to depend on a library.</summary>
    public static Command Require(ServerAddress server, PackageName package, Release release, bool hasRepository)
    {
        var repository = hasRepository ? server.RepositoryOf(package.Namespace)
            : package.Namespace.Length == 0 ? $"oci://{server.Host}"
            : $"oci://{server.Host}/{package.Namespace}";
        return new Command(
            "Add as a dependency in Chart.yaml",
            $"dependencies:\n  - name: \"{package.Name}\"\n    version: \"{release}\"\n"
                + $"    repository: \"{repository}\"");
    }

    /// <summary>
    /// Returns the command that adds the repository of a namespace. If a login is needed, it names the user, and Helm
    /// prompts for the password.
    /// </summary>
    public static string AddRepository(ServerAddress server, string @namespace) =>
        AddRepository(server, AliasOf(@namespace), server.RepositoryOf(@namespace));

    /// <summary>Returns the command that adds a repository.</summary>
    /// <param name="server">The address of the registry.</param>
    /// <param name="alias">The name under which the client knows the repository.</param>
    /// <param name="address">The address of the repository.</param>
    public static string AddRepository(ServerAddress server, string alias, string address) =>
        $"helm repo add {alias} {address}{(server.NeedsLogin ? $" --username {User}" : "")}";

    /// <summary>
    /// Returns the login command of a client; empty if no login is needed. The client prompts for the token.
    /// </summary>
    /// <param name="server">The address of the registry.</param>
    /// <param name="command">The command, such as <c>oras login</c>.</param>
    /// <param name="plainFlag">The option for plain HTTP, with a space after it.</param>
    public static string LogIn(ServerAddress server, string command, string plainFlag) => server.NeedsLogin
        ? $"{command} {(server.IsPlain ? plainFlag : "")}{server.Host} --username {User}{Then}"
        : "";

    /// <summary>
    /// Returns the option of curl that names the user, with a space after it; empty if no login is needed. curl prompts
    /// for the token.
    /// </summary>
    public static string CurlUser(ServerAddress server) => server.NeedsLogin ? $"--user {User} " : "";

    /// <summary>Whether Helm clients reach the repository of the package's namespace.</summary>
    public static bool HasRepository(PackageName package) =>
        package.Namespace != "api" && !package.Namespace.StartsWith("api/", StringComparison.Ordinal);

    private static void AddHelm(
        List<Command> commands,
        ServerAddress server,
        PackageName package,
        Manifest manifest,
        bool hasRepository,
        bool isLibrary)
    {
        // A library cannot be installed: other charts depend on it.
        var verb = isLibrary ? "pull" : $"install {InstanceOf(package.Name)}";
        var label = isLibrary ? "Pull" : "Install";
        if (hasRepository)
        {
            var alias = AliasOf(package.Namespace);
            commands.Add(new Command(
                $"{label} from the Helm repository",
                $"{AddRepository(server, package.Namespace)}{Then}helm repo update {alias}{Then}"
                    + $"helm {verb} {alias}/{package.Name} --version {manifest.Release}"));
        }

        if (RepositoryName.IsLegal(package))
            commands.Add(new Command(
                $"{label} with Helm over OCI",
                LogIn(server, "helm registry login", "--plain-http ")
                    + $"helm {verb} oci://{server.Host}/{package} --version {manifest.Release}"
                    + (server.IsPlain ? " --plain-http" : "")));
    }

    /// <summary>Returns the tag that selects this media type of the release.</summary>
    private static TagName? TagOf(PackageIndex index, Manifest manifest) =>
        index.Of(manifest.Release).Length == 1 || manifest.MediaType == Core.Content.MediaType.Helm
            ? TagName.Of(manifest.Release)
            : ReleaseTag.Of(manifest.Release, manifest.MediaType);

    /// <summary>Returns the name of a Helm release of a chart.</summary>
    public static string InstanceOf(string name)
    {
        var instance = $"my-{name.ToLowerInvariant().Replace('.', '-').Replace('_', '-')}";
        return (instance.Length <= MaxInstanceLength ? instance : instance[..MaxInstanceLength]).TrimEnd('-');
    }
}
