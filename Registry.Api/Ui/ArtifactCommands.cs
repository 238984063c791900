using Registry.Api.Oci;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Api.Ui;

/// <summary>
/// The commands that use images, other OCI artifacts, and what is attached to them. Names and tags have no characters
/// that a shell interprets.
/// </summary>
internal static class ArtifactCommands
{
    /// <summary>Returns the commands, the one that suits the artifact first.</summary>
    /// <param name="server">The address of the registry.</param>
    /// <param name="package">The package.</param>
    /// <param name="group">The artifact.</param>
    public static IReadOnlyList<Command> Of(ServerAddress server, PackageName package, TagGroup group)
    {
        var commands = new List<Command>();
        if (!RepositoryName.IsLegal(package))
            return commands;
        var reference = $"{server.Host}/{package}{group.Reference}";
        if (group.Facts is { IsImage: true })
        {
            // Docker speaks plain HTTP with the same machine only, unless its daemon is configured.
            if (!server.IsPlain || server.IsLoopback)
                commands.Add(new Command(
                    "Pull with Docker", $"{UsageCommands.LogIn(server, "docker login", "")}docker pull {reference}"));
            commands.Add(new Command(
                "Pull with Podman",
                UsageCommands.LogIn(server, "podman login", "--tls-verify=false ")
                    + $"podman pull {(server.IsPlain ? "--tls-verify=false " : "")}{reference}"));
            commands.Add(UsageCommands.Skopeo(server, reference, package.Name));
        }
        else if (group.Facts is { Document.IsIndex: true })
            commands.Add(new Command("Show with oras", UsageCommands.Oras(server, "manifest fetch", reference)));
        else
            UsageCommands.AddOci(commands, server, reference, package.Name);
        return commands;
    }

    /// <summary>
    /// Returns the command that lists what is attached to a manifest; null when no OCI client can name the package.
    /// </summary>
    public static Command? Discover(ServerAddress server, PackageName package, Digest subject) =>
        RepositoryName.IsLegal(package)
            ? new Command(
                "List attached artifacts with oras",
                UsageCommands.Oras(server, "discover", $"{server.Host}/{package}@sha256:{subject}"))
            : null;

    /// <summary>Returns the command that fetches an artifact that is attached.</summary>
    public static Command Fetch(ServerAddress server, PackageName package, AttachedRow attached) => new(
        $"Fetch the {(attached.Kind == "SBOM" ? attached.Kind : attached.Kind.ToLowerInvariant())} with oras",
        UsageCommands.Oras(server, "pull", $"{server.Host}/{package}@sha256:{attached.Digest}"));
}
