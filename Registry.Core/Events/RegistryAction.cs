namespace Registry.Core.Events;

/// <summary>The changes and rejections that raise a <see cref="RegistryEvent"/>.</summary>
public enum RegistryAction
{
    /// <summary>A release was pushed in a media type.</summary>
    ReleasePushed,

    /// <summary>A release was restored from a backup in a media type.</summary>
    ReleaseRestored,

    /// <summary>A release was deleted in a media type.</summary>
    ReleaseDeleted,

    /// <summary>A release was added to a channel and is its current one.</summary>
    ChannelReleaseAdded,

    /// <summary>A release was removed from a channel.</summary>
    ChannelReleaseRemoved,

    /// <summary>A channel was deleted.</summary>
    ChannelDeleted,

    /// <summary>Channels of one package were restored from a backup.</summary>
    ChannelsRestored,

    /// <summary>An OCI manifest that is not a release was pushed, or a tag was set on it.</summary>
    ManifestPushed,

    /// <summary>An OCI manifest that is not a release was deleted, with its tags.</summary>
    ManifestDeleted,

    /// <summary>A tag was deleted.</summary>
    TagDeleted,

    /// <summary>An OCI blob was pushed. It may have been there already.</summary>
    BlobPushed,

    /// <summary>An OCI blob was copied from another package. It may have been there already.</summary>
    BlobMounted,

    /// <summary>A blob that nothing referred to was deleted.</summary>
    BlobDeleted,

    /// <summary>The provenance file of a chart was stored.</summary>
    ProvenanceStored,

    /// <summary>An app archive was uploaded.</summary>
    ArchiveUploaded,

    /// <summary>An app archive was deleted.</summary>
    ArchiveDeleted,

    /// <summary>A token was issued.</summary>
    TokenIssued,

    /// <summary>A token was revoked.</summary>
    TokenRevoked,

    /// <summary>A token that had expired long before was removed.</summary>
    TokenRemoved,

    /// <summary>A request of a known caller was denied, because the caller lacks the right.</summary>
    RequestDenied,

    /// <summary>The credentials of a request were wrong, expired, revoked or malformed.</summary>
    CredentialsRefused,
}
