using Microsoft.Extensions.Logging;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>The use cases that change channels. Reading them is reading the package.</summary>
public sealed partial class ChannelRegistry(PackageIndexes indexes, ILogger<ChannelRegistry> logger)
{
    /// <summary>Puts a release into a channel and makes it current; the channel comes into being on the fly.</summary>
    /// <param name="package">The package.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="release">The exact release, as it was asked for.</param>
    /// <param name="cancellationToken">Gives up; the change then happened whole or not at all.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>; <see cref="ErrorCode.InvalidRelease"/> for what is not even a release
    /// query; <see cref="ErrorCode.ReleaseNotFound"/> for a query or a release that is not there.
    /// </exception>
    public async Task<Channel> AddAsync(
        PackageName package, ChannelName channel, string release, CancellationToken cancellationToken)
    {
        var index = await indexes.UpdateAsync(
            package,
            new DocumentChange<PackageIndex>(index =>
            {
                var known = index ?? throw PackageErrors.PackageNotFound(package.Value, release);
                PackageQueries.ParseQuery(release);
                return Release.TryParse(release, out var exact, out _)
                    ? known.WithChannelRelease(channel, exact)
                    : throw PackageErrors.ReleaseNotFound(package, release);
            }),
            cancellationToken);
        LogAdded(package, channel, release);
        return index!.GetChannel(channel);
    }

    /// <summary>Takes a release out of a channel; without its last one the channel goes.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.ChannelNotFound"/>, or <see cref="ErrorCode.PackageNotFound"/>, also for a release that the
    /// package does not have.
    /// </exception>
    public async Task RemoveAsync(
        PackageName package, ChannelName channel, string release, CancellationToken cancellationToken)
    {
        await indexes.UpdateAsync(
            package,
            Change(package, release, index => index.WithoutChannelRelease(channel, release)),
            cancellationToken);
        LogRemoved(package, channel, release);
    }

    /// <summary>Deletes a channel; its releases stay.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.ChannelNotFound"/>, <see cref="ErrorCode.PackageNotFound"/>.
    /// </exception>
    public async Task DeleteAsync(PackageName package, ChannelName channel, CancellationToken cancellationToken)
    {
        await indexes.UpdateAsync(
            package, Change(package, release: null, index => index.WithoutChannel(channel)), cancellationToken);
        LogDeleted(package, channel);
    }

    /// <summary>
    /// Brings channels of a package back that a backup holds, all in one change. Restoring the same again changes
    /// nothing.
    /// </summary>
    /// <param name="package">The package.</param>
    /// <param name="channels">Its channels.</param>
    /// <param name="cancellationToken">Gives up; the change then happened whole or not at all.</param>
    /// <returns>The package right after.</returns>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>, <see cref="ErrorCode.ResourceInUse"/>,
    /// <see cref="ErrorCode.Unavailable"/>.
    /// </exception>
    public async Task<PackageIndex> RestoreAsync(
        PackageName package, IReadOnlyCollection<RestoredChannel> channels, CancellationToken cancellationToken) =>
        (await indexes.UpdateAsync(
            package,
            Change(package, release: null, index => channels.Aggregate(
                index, static (index, restored) =>
                    restored.ApplyTo(index) is { } channel ? index.WithChannel(channel) : index)),
            cancellationToken))!;

    private static DocumentChange<PackageIndex> Change(
        PackageName package, string? release, Func<PackageIndex, PackageIndex> change) =>
        new(index => change(index ?? throw PackageErrors.PackageNotFound(package.Value, release)));

    [LoggerMessage(Level = LogLevel.Information, Message = "Added {Release} to channel {Channel} of {Package}")]
    private partial void LogAdded(PackageName package, ChannelName channel, string release);

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {Release} from channel {Channel} of {Package}")]
    private partial void LogRemoved(PackageName package, ChannelName channel, string release);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted channel {Channel} of {Package}")]
    private partial void LogDeleted(PackageName package, ChannelName channel);
}
