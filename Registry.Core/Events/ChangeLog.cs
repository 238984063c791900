using Microsoft.Extensions.Logging;
using Registry.Core.Storage;

namespace Registry.Core.Events;

/// <summary>Logs every settled change.</summary>
public sealed partial class ChangeLog(ILogger<ChangeLog> logger) : IRegistryEventSink
{
    /// <inheritdoc/>
    public void Receive(RegistryEvent registryEvent)
    {
        var (resource, release, mediaType) =
            (registryEvent.Resource, registryEvent.Release, registryEvent.MediaType);
        var (channel, size) = (registryEvent.Channel, registryEvent.Size);
        var digest = registryEvent.TarDigest ?? registryEvent.StoredDigest;
        switch (registryEvent.Action)
        {
            case RegistryAction.ReleasePushed:
                LogPushed(resource, release, mediaType, digest, size, registryEvent.Forced);
                break;
            case RegistryAction.ReleaseRestored:
                LogRestored(resource, release, mediaType, digest, size);
                break;
            case RegistryAction.ReleaseDeleted:
                LogDeleted(resource, release, mediaType);
                break;
            case RegistryAction.ChannelReleaseAdded:
                LogChannelReleaseAdded(resource, channel, release);
                break;
            case RegistryAction.ChannelReleaseRemoved:
                LogChannelReleaseRemoved(resource, channel, release);
                break;
            case RegistryAction.ChannelDeleted:
                LogChannelDeleted(resource, channel);
                break;
            case RegistryAction.ChannelsRestored:
                LogChannelsRestored(resource, channel);
                break;
            case RegistryAction.ManifestPushed:
                LogManifestPushed(resource, digest, size, registryEvent.Tag ?? "none");
                break;
            case RegistryAction.ManifestDeleted:
                LogManifestDeleted(resource, digest);
                break;
            case RegistryAction.TagDeleted:
                LogTagDeleted(resource, registryEvent.Tag);
                break;
            case RegistryAction.BlobDeleted:
                LogBlobDeleted(resource, digest, size);
                break;
            case RegistryAction.ProvenanceStored:
                LogProvenanceStored(resource, release, digest, size);
                break;
            case RegistryAction.ArchiveUploaded:
                LogArchiveUploaded(digest, size, resource);
                break;
            case RegistryAction.ArchiveDeleted:
                LogArchiveDeleted(digest, resource);
                break;
            default:
                throw new ArgumentException($"Unknown action {registryEvent.Action}.", nameof(registryEvent));
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Pushed {Package} {Release} as {MediaType}: {Digest}, {Size} bytes, force {Force}")]
    private partial void LogPushed(
        string package, string? release, string? mediaType, Digest? digest, long? size, bool force);

    [LoggerMessage(
        Level = LogLevel.Information, Message = "Restored {Package} {Release} as {MediaType}: {Digest}, {Size} bytes")]
    private partial void LogRestored(string package, string? release, string? mediaType, Digest? digest, long? size);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted {Package} {Release} as {MediaType}")]
    private partial void LogDeleted(string package, string? release, string? mediaType);

    [LoggerMessage(Level = LogLevel.Information, Message = "Added {Release} to channel {Channel} of {Package}")]
    private partial void LogChannelReleaseAdded(string package, string? channel, string? release);

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {Release} from channel {Channel} of {Package}")]
    private partial void LogChannelReleaseRemoved(string package, string? channel, string? release);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted channel {Channel} of {Package}")]
    private partial void LogChannelDeleted(string package, string? channel);

    [LoggerMessage(Level = LogLevel.Information, Message = "Restored channels of {Package}: {Channels}")]
    private partial void LogChannelsRestored(string package, string? channels);

    [LoggerMessage(
        Level = LogLevel.Information, Message = "Pushed manifest {Digest} of {Package}, {Size} bytes, tags {Tags}")]
    private partial void LogManifestPushed(string package, Digest? digest, long? size, string tags);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted manifest {Digest} of {Package}")]
    private partial void LogManifestDeleted(string package, Digest? digest);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted tag {Tag} of {Package}")]
    private partial void LogTagDeleted(string package, string? tag);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted blob {Digest} of {Package}, {Size} bytes")]
    private partial void LogBlobDeleted(string package, Digest? digest, long? size);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Stored the provenance of {Package} {Release}: {Digest}, {Size} bytes")]
    private partial void LogProvenanceStored(string package, string? release, Digest? digest, long? size);

    // The name of a workspace contains neither the user nor the password of its URL.
    [LoggerMessage(
        Level = LogLevel.Information, Message = "Uploaded app archive {Id} of {Bytes} bytes to workspace {Workspace}")]
    private partial void LogArchiveUploaded(Digest? id, long? bytes, string workspace);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted app archive {Id} of workspace {Workspace}")]
    private partial void LogArchiveDeleted(Digest? id, string workspace);
}
