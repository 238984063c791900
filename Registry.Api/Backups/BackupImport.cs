using Registry.Api.Cnr;
using Registry.Api.Hosting;
using Registry.Api.Text;
using Registry.Core.Access;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Api.Backups;

/// <summary>
/// Imports a backup: its releases as they are read, then its channels. Failures are reported, and the import continues.
/// </summary>
/// <param name="registry">The registry.</param>
/// <param name="force">Whether to replace existing releases with different content.</param>
/// <param name="report">Receives a line for each failure or warning.</param>
internal sealed class BackupImport(CommandRegistry registry, bool force, Action<string> report)
{
    private static readonly Caller Caller = Caller.Command("import-backup");

    private readonly PackageRegistry packages = registry.Packages;

    // Channels are set after all releases, so that none has an older current release in the meantime.
    private readonly SortedDictionary<PackageName, Dictionary<ChannelName, RestoredChannel>> found = [];
    private BackupReader? reader;
    private int added;
    private int replaced;
    private int unchanged;
    private int channelsSet;
    private int channelsUnchanged;
    private int warnings;

    /// <summary>The number of entries that could not be imported.</summary>
    public int Failed { get; private set; }

    /// <summary>Whether any entry of the backup was read.</summary>
    public bool HasBegun => Entries > 0;

    /// <summary>The number of bytes of the backup that have been read.</summary>
    public long Position => reader?.Position ?? 0;

    /// <summary>What has been imported, in a few words.</summary>
    public string Progress =>
        $"{Count.Of(Entries, "release")}, {Count.Of(channelsSet, "channel")} set, {Failed} failed";

    /// <summary>The result, in one line.</summary>
    public string Summary => added + replaced + channelsSet + Failed == 0
        ? $"Nothing changed: {Count.Of(unchanged, "release")} and {Count.Of(channelsUnchanged, "channel")} of the "
            + $"backup already exist{Warnings}."
        : $"{Count.Of(added, "release")} added, {replaced} replaced, {unchanged} unchanged; "
            + $"{Count.Of(channelsSet, "channel")} set, "
            + $"{channelsUnchanged} unchanged; {Count.Of(Failed, "entry", "entries")} failed{Warnings}.";

    private int Entries => added + replaced + unchanged + Failed;

    private string Warnings => warnings == 0 ? "" : $"; {Count.Of(warnings, "warning")}";

    /// <summary>Imports a backup.</summary>
    /// <exception cref="InvalidDataException">
    /// The stream is not a backup, or it is truncated: the releases before that position are imported, without
    /// channels.
    /// </exception>
    /// <exception cref="StorageException">
    /// The storage failed: the releases before are imported, without channels.
    /// </exception>
    public async Task RunAsync(Stream backup, CancellationToken cancellationToken)
    {
        await using var spool = new ContentSpool(packages.MaxPackageBytes);
        reader = new BackupReader(backup, spool, packages.MaxMetadataBytes);
        await reader.ReadAsync(
            release => TryAsync(release.ToString(), () => ImportAsync(release, spool, cancellationToken)),
            channel =>
            {
                Note(channel);
                return ValueTask.CompletedTask;
            },
            cancellationToken);
        foreach (var (package, channels) in found)
            await TryAsync(
                $"The channels of {package}", () => TrySetChannelsAsync(package, channels.Values, cancellationToken));
    }

    private async Task ImportAsync(BackupRelease release, ContentSpool spool, CancellationToken cancellationToken)
    {
        var restored = release.Parse(spool);
        var outcome = await packages.RestoreAsync(
            restored,
            spool.Digest,
            (push, token) => WriteAsync(push, spool, token),
            force,
            Caller,
            cancellationToken);
        _ = outcome switch
        {
            RestoreOutcome.Added => added++,
            RestoreOutcome.Replaced => replaced++,
            _ => unchanged++,
        };
        foreach (var name in release.Channels)
            if (ChannelName.TryParse(name, out var channel))
                Change(
                    restored.Package, channel, known => known with { Releases = known.Releases.Add(restored.Release) });
            else
                Fail(
                    $"{release}: its channel '{BackupRelease.Escape(name)}' has an invalid name");
    }

    private static async ValueTask WriteAsync(
        PackagePush push, ContentSpool spool, CancellationToken cancellationToken)
    {
        await foreach (var piece in spool.ReadAsync(cancellationToken))
            await push.WriteAsync(piece, cancellationToken);
    }

    private void Note(BackupChannel channel)
    {
        if (CnrName.TryParse(channel.Package, out var package) && ChannelName.TryParse(channel.Name, out var name)
            && Release.TryParse(channel.Current, out var current, out _))
            Change(package, name, known => known with { Current = current });
        else
            Fail(
                $"Channel '{BackupRelease.Escape(channel.Name)}' of {BackupRelease.Escape(channel.Package)} at "
                    + $"'{BackupRelease.Escape(channel.Current)}': the name or the release is invalid");
    }

    private void Change(PackageName package, ChannelName name, Func<RestoredChannel, RestoredChannel> change)
    {
        if (!found.TryGetValue(package, out var channels))
            found.Add(package, channels = []);
        channels[name] = change(channels.GetValueOrDefault(name) ?? new RestoredChannel(name, null, []));
    }

    private async Task TrySetChannelsAsync(
        PackageName package, IReadOnlyCollection<RestoredChannel> channels, CancellationToken cancellationToken)
    {
        try
        {
            await SetChannelsAsync(package, channels, cancellationToken);
        }
        catch (RegistryException exception) when (exception.Code == ErrorCode.PackageNotFound
            && channels.All(static channel => channel.Releases.IsEmpty))
        {
            // The reference server keeps the channels of a package after deleting its last release.
            foreach (var channel in channels)
                Warn($"Channel {channel.Name} of {package}: the package has no release, so the channel is skipped");
        }
    }

    private async Task SetChannelsAsync(
        PackageName package, IReadOnlyCollection<RestoredChannel> channels, CancellationToken cancellationToken)
    {
        var before = (await registry.Indexes.GetAsync(package, cancellationToken)).State;
        var after = await registry.Channels.RestoreAsync(package, channels, Caller, cancellationToken);
        foreach (var channel in channels)
        {
            var set = after.FindChannel(channel.Name);
            if (set is not null && ReferenceEquals(before.WithChannel(set), before))
                channelsUnchanged++;
            else if (set is not null)
                channelsSet++;
            if (channel.Current is { } current && !after.Contains(current))
                Warn($"Channel {channel.Name} of {package}: its current release {current} does not exist; "
                    + (set is null ? "the channel is skipped" : $"{set.Current} is current instead"));
        }
    }

    /// <summary>Runs an action; when it is rejected or finds damaged data, reports it and continues.</summary>
    private async ValueTask TryAsync(string what, Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (RegistryException exception)
        {
            Fail($"{what}: {exception.Message}");
        }
        catch (StorageException exception) when (exception.Kind == StorageFault.Corrupt)
        {
            Fail($"{what}: {exception.Message}");
        }
    }

    private void Warn(string what)
    {
        warnings++;
        report($"Warning: {what}");
    }

    private void Fail(string what)
    {
        Failed++;
        report(what);
    }
}
