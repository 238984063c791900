using Registry.Api.Oci;
using Registry.Core.Artifacts;
using Registry.Core.Charts;
using Registry.Core.Packages;

namespace Registry.Api.Ui;

/// <summary>
/// The commands that use a release, as the client of the page reaches the registry. Names, releases and media types
/// have no characters that a shell interprets.
/// </summary>
internal static class UseCommands
{
    /// <summary>Kubernetes allows no longer names of Helm releases.</summary>
    private const int MaxInstanceLength = 53;

    /// <summary>Returns the commands, the usual ones first.</summary>
    /// <param name="server">The address of the registry.</param>
    /// <param name="index">The package.</param>
    /// <param name="manifest">The release in the media type that is used.</param>
    /// <param name="chart">The chart; null when Helm does not list the release.</param>
    public static IReadOnlyList<Command> Of(
        ServerAddress server, PackageIndex index, Manifest manifest, ChartMetadata? chart)
    {
        var commands = new List<Command>();
        var package = index.Name;
        var release = manifest.Release;
        if (chart is not null)
            AddHelm(commands, server, package, manifest, isLibrary: chart.Type == "library");
        if (RepositoryName.IsLegal(package) && TagOf(index, manifest) is { } tag)
            AddOci(commands, server, $"{server.Host}/{package}:{tag}", $"{package.Name}-{release}");
        if (chart is not null && HasRepository(package))
            commands.Add(new Command(
                "Download with curl",
                $"curl -fLO {server.RepositoryOf(package.Namespace)}/charts/"
                    + IndexEntry.FileName(package.Name, release)));
        else if (package.HasOnePartNamespace)
            commands.Add(new Command(
                "Download with curl",
                $"curl -f -o {package.Name}-{release}.tar.gz "
                    + $"{server.Home}/api/v1/packages/{package}/{release}/{manifest.MediaType}/pull"));
        if (package.HasOnePartNamespace)
            commands.Add(new Command(
                "Pull with appr",
                $"appr pull {(server.IsPlain ? "http://" : "")}{server.Host}/{package}@{release} "
                    + $"-t {manifest.MediaType}"));
        return commands;
    }

    /// <summary>Returns the commands that use what a tag gives.</summary>
    public static IReadOnlyList<Command> Of(ServerAddress server, PackageName package, TagName tag)
    {
        var commands = new List<Command>();
        if (RepositoryName.IsLegal(package))
            AddOci(commands, server, $"{server.Host}/{package}:{tag}", $"{package.Name}-{tag}");
        return commands;
    }

    /// <summary>Returns the name under which Helm clients know a repository: one without slashes.</summary>
    public static string AliasOf(string @namespace) =>
        @namespace.Length == 0 ? "registry" : @namespace.Replace('/', '-');

    /// <summary>Whether Helm clients reach the repository of the package's namespace.</summary>
    public static bool HasRepository(PackageName package) =>
        package.Namespace != "api" && !package.Namespace.StartsWith("api/", StringComparison.Ordinal);

    private static void AddHelm(
        List<Command> commands, ServerAddress server, PackageName package, Manifest manifest, bool isLibrary)
    {
        // A library cannot be installed: other charts depend on it.
        var verb = isLibrary ? "pull" : $"install {InstanceOf(package.Name)}";
        var label = isLibrary ? "Pull" : "Install";
        if (HasRepository(package))
        {
            var alias = AliasOf(package.Namespace);
            commands.Add(new Command(
                $"{label} from the Helm repository",
                $"helm repo add {alias} {server.RepositoryOf(package.Namespace)}\nhelm repo update {alias}\n"
                    + $"helm {verb} {alias}/{package.Name} --version {manifest.Release}"));
        }

        if (RepositoryName.IsLegal(package))
            commands.Add(new Command(
                $"{label} with Helm by OCI",
                $"helm {verb} oci://{server.Host}/{package} --version {manifest.Release}"
                    + (server.IsPlain ? " --plain-http" : "")));
    }

    private static void AddOci(List<Command> commands, ServerAddress server, string reference, string folder)
    {
        commands.Add(new Command(
            "Pull with oras", $"oras pull {(server.IsPlain ? "--plain-http " : "")}{reference}"));
        commands.Add(new Command(
            "Copy with skopeo",
            $"skopeo copy {(server.IsPlain ? "--src-tls-verify=false " : "")}docker://{reference} dir:{folder}"));
    }

    /// <summary>Returns the tag that gives the release in this media type, whatever others it has.</summary>
    private static TagName? TagOf(PackageIndex index, Manifest manifest) =>
        index.Of(manifest.Release).Length == 1 || manifest.MediaType == Core.Content.MediaType.Helm
            ? TagName.Of(manifest.Release)
            : ReleaseTag.Of(manifest.Release, manifest.MediaType);

    private static string InstanceOf(string name)
    {
        var instance = $"my-{name.ToLowerInvariant().Replace('.', '-').Replace('_', '-')}";
        return (instance.Length <= MaxInstanceLength ? instance : instance[..MaxInstanceLength]).TrimEnd('-');
    }
}
