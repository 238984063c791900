using Registry.Core.Content;
using Registry.Core.Packages;

namespace Registry.Api.Ui;

/// <summary>The commands that follow a channel.</summary>
internal static class ChannelCommands
{
    /// <summary>The most channels with a command.</summary>
    private const int MaxChannels = 8;

    /// <summary>
    /// Returns a command for each of the first channels: Helm follows it by its repository, and OCI clients by its tag.
    /// </summary>
    public static IReadOnlyList<Command> Of(ServerAddress server, PackageIndex index, bool isLibrary) =>
        [
            .. index.Channels.Select(channel => Of(server, index, channel, isLibrary))
                .OfType<Command>()
                .Take(MaxChannels),
        ];

    private static Command? Of(ServerAddress server, PackageIndex index, Channel channel, bool isLibrary)
    {
        var package = index.Name;
        if (index.Find(channel.Current, MediaType.Helm)?.Artifact?.Chart is null
            || !UsageCommands.HasRepository(package))
            return ReleaseTag.Of(channel.Name) is { } tag && Oci.RepositoryName.IsLegal(package)
                ? new Command(
                    $"Follow channel {channel.Name} with oras",
                    UsageCommands.Oras(server, "pull", $"{server.Host}/{package}:{tag}"))
                : null;
        var alias = UsageCommands.AliasOf(package.Namespace, channel.Name);
        var verb = isLibrary ? "pull" : $"install {UsageCommands.InstanceOf(package.Name)}";
        return new Command(
            $"Follow channel {channel.Name} with Helm",
            UsageCommands.AddRepository(server, alias, $"{server.RepositoryOf(package.Namespace)}/-/{channel.Name}")
                + $"{UsageCommands.Then}helm repo update {alias}{UsageCommands.Then}"
                // Without it, Helm leaves out prereleases.
                + $"helm {verb} {alias}/{package.Name}{(channel.Current.IsPrerelease ? " --devel" : "")}");
    }
}
