using Registry.Core.Access;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Events;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>The use cases that change channels. Channels are read with the package.</summary>
/// <param name="indexes">The indexes of the packages.</param>
/// <param name="events">Raises an event for every change.</param>
public sealed class ChannelRegistry(PackageIndexes indexes, RegistryEvents events)
{
    /// <summary>Adds a release to a channel, which is created if needed, and makes it the current one.</summary>
    /// <param name="package">The package.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="release">The exact release, as it was requested.</param>
    /// <param name="caller">Who adds it.</param>
    /// <param name="cancellationToken">Cancels the call; the change then happens completely or not at all.</param>
    /// <returns>The channel right after the change.</returns>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>; <see cref="ErrorCode.InvalidRelease"/> for a text that is not even a
    /// release query; <see cref="ErrorCode.ReleaseNotFound"/> for a query or a missing release.
    /// </exception>
    public async Task<Channel> AddAsync(
        PackageName package, ChannelName channel, string release, Caller caller, CancellationToken cancellationToken)
    {
        var index = await indexes.UpdateAsync(
            package,
            new DocumentChange<PackageIndex>(index =>
            {
                var known = WithReleases(index) ?? throw PackageErrors.PackageNotFound(package.Value, release);
                PackageQueries.ParseQuery(release);
                return Release.TryParse(release, out var exact, out _)
                    ? known.WithChannelRelease(channel, exact)
                    : throw PackageErrors.ReleaseNotFound(package, release);
            }),
            cancellationToken);
        Raise(RegistryAction.ChannelReleaseAdded, package, channel.Value, release, caller);
        return index!.GetChannel(channel);
    }

    /// <summary>
    /// Removes a release from a channel; removing the last one deletes the channel. Removing a release that is not in
    /// the channel changes nothing.
    /// </summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.ChannelNotFound"/>, or <see cref="ErrorCode.PackageNotFound"/>, also for a release that the
    /// package does not have.
    /// </exception>
    public async Task RemoveAsync(
        PackageName package, ChannelName channel, string release, Caller caller, CancellationToken cancellationToken)
    {
        if ((await UpdateAsync(
            package, release, index => index.WithoutChannelRelease(channel, release), cancellationToken)).IsChanged)
            Raise(RegistryAction.ChannelReleaseRemoved, package, channel.Value, release, caller);
    }

    /// <summary>Deletes a channel; its releases stay.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.ChannelNotFound"/>, <see cref="ErrorCode.PackageNotFound"/>.
    /// </exception>
    public async Task DeleteAsync(
        PackageName package, ChannelName channel, Caller caller, CancellationToken cancellationToken)
    {
        await UpdateAsync(package, release: null, index => index.WithoutChannel(channel), cancellationToken);
        Raise(RegistryAction.ChannelDeleted, package, channel.Value, release: null, caller);
    }

    /// <summary>
    /// Restores channels of a package from a backup, all in one change. Restoring them again changes nothing.
    /// </summary>
    /// <param name="package">The package.</param>
    /// <param name="channels">The channels.</param>
    /// <param name="caller">Who restores.</param>
    /// <param name="cancellationToken">Cancels the call; the change then happens completely or not at all.</param>
    /// <returns>The package right after the change.</returns>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>, <see cref="ErrorCode.ResourceInUse"/>,
    /// <see cref="ErrorCode.Unavailable"/>.
    /// </exception>
    public async Task<PackageIndex> RestoreAsync(
        PackageName package,
        IReadOnlyCollection<RestoredChannel> channels,
        Caller caller,
        CancellationToken cancellationToken)
    {
        var (index, isChanged) = await UpdateAsync(
            package,
            release: null,
            index => channels.Aggregate(
                index,
                static (index, restored) =>
                    restored.ApplyTo(index) is { } channel ? index.WithChannel(channel) : index),
            cancellationToken);
        if (isChanged)
            Raise(
                RegistryAction.ChannelsRestored,
                package,
                string.Join(", ", channels.Select(static channel => channel.Name.Value)),
                release: null,
                caller);
        return index;
    }

    /// <summary>Changes a package; the last attempt tells whether there was anything to change.</summary>
    private async Task<(PackageIndex Index, bool IsChanged)> UpdateAsync(
        PackageName package,
        string? release,
        Func<PackageIndex, PackageIndex> change,
        CancellationToken cancellationToken)
    {
        var isChanged = false;
        var index = await indexes.UpdateAsync(
            package,
            new DocumentChange<PackageIndex>(index =>
            {
                var known = WithReleases(index) ?? throw PackageErrors.PackageNotFound(package.Value, release);
                var next = change(known);
                isChanged = !ReferenceEquals(next, known);
                return next;
            }),
            cancellationToken);
        return (index!, isChanged);
    }

    /// <summary>A package without releases has no channels: only OCI clients see it.</summary>
    private static PackageIndex? WithReleases(
        PackageIndex? index) => index is { Manifests.IsEmpty: true } ? null : index;

    private void Raise(RegistryAction action, PackageName package, string channel, string? release, Caller caller) =>
        events.Raise(new RegistryEvent(events.Now, caller, action, package.Value)
        {
            Channel = channel,
            Release = release,
        });
}
