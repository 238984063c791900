using System.Collections;
using Registry.Core.Access;

namespace Registry.Core.Events;

/// <summary>The facts of an event by name, and the sentence that they make. Contains no secret.</summary>
public sealed class AuditFacts : IReadOnlyList<KeyValuePair<string, object?>>
{
    private readonly RegistryEvent source;
    private readonly List<KeyValuePair<string, object?>> facts;

    private AuditFacts(RegistryEvent source, List<KeyValuePair<string, object?>> facts) =>
        (this.source, this.facts) = (source, facts);

    /// <inheritdoc/>
    public int Count => facts.Count;

    /// <inheritdoc/>
    public KeyValuePair<string, object?> this[int index] => facts[index];

    /// <summary>Returns the facts of an event; those that it does not have are left out.</summary>
    public static AuditFacts Of(RegistryEvent source)
    {
        ArgumentNullException.ThrowIfNull(source);
        var caller = source.Caller;
        (string Name, object? Value)[] all =
        [
            ("action", NameOf(source.Action)),
            ("outcome", source.IsRefusal ? "refused" : "done"),
            ("resource", source.Resource),
            ("source", source.Source),
            ("release", source.Release),
            ("media_type", source.MediaType),
            ("channel", source.Channel),
            ("tag", source.Tag),
            ("digest", source.StoredDigest?.Value),
            ("tar_digest", source.TarDigest?.Value),
            ("size", source.Size),
            ("forced", source.Forced ? true : null),
            ("token_name", source.TokenName),
            ("scopes", source.Scopes),
            ("reason", source.Reason),
            ("caller_kind", NameOf(caller.Kind.ToString())),
            ("caller_id", caller.Id),
            ("caller_name", caller.Name),
            ("client", caller.ClientAddress),
            ("protocol", caller.Protocol),
            ("request_id", caller.RequestId),
        ];
        return new AuditFacts(
            source,
            [.. all.Where(static fact => fact.Value is not null)
                .Select(static fact => KeyValuePair.Create(fact.Name, fact.Value))]);
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => facts.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Returns the event as a sentence.</summary>
    public override string ToString() => $"{Describe(source)}, by {Describe(source.Caller)}";

    private static string Describe(RegistryEvent source)
    {
        var (resource, release, mediaType) = (source.Resource, source.Release, source.MediaType);
        var content = $"{source.TarDigest ?? source.StoredDigest}, {source.Size} bytes"
            + (source.Forced ? ", replacing the previous content" : "");
        return source.Action switch
        {
            RegistryAction.ReleasePushed => $"Pushed {resource} {release} as {mediaType}: {content}",
            RegistryAction.ReleaseRestored => $"Restored {resource} {release} as {mediaType}: {content}",
            RegistryAction.ReleaseDeleted => $"Deleted {resource} {release} as {mediaType}",
            RegistryAction.ChannelReleaseAdded => $"Added {release} to channel {source.Channel} of {resource}",
            RegistryAction.ChannelReleaseRemoved => $"Removed {release} from channel {source.Channel} of {resource}",
            RegistryAction.ChannelDeleted => $"Deleted channel {source.Channel} of {resource}",
            RegistryAction.ChannelsRestored => $"Restored channels of {resource}: {source.Channel}",
            RegistryAction.ManifestPushed =>
                $"Pushed manifest {source.StoredDigest} of {resource}, {source.Size} bytes, "
                    + $"tags {source.Tag ?? "none"}",
            RegistryAction.ManifestDeleted => $"Deleted manifest {source.StoredDigest} of {resource}",
            RegistryAction.TagDeleted => $"Deleted tag {source.Tag} of {resource}",
            RegistryAction.BlobPushed => $"Pushed blob {source.StoredDigest} of {resource}, {source.Size} bytes",
            RegistryAction.BlobMounted =>
                $"Copied blob {source.StoredDigest} of {source.Source} to {resource}, {source.Size} bytes",
            RegistryAction.BlobDeleted =>
                $"Deleted blob {source.StoredDigest} of {resource}, {source.Size} bytes",
            RegistryAction.ProvenanceStored => $"Stored the provenance of {resource} {release}: {content}",
            RegistryAction.ArchiveUploaded =>
                $"Uploaded app archive {source.StoredDigest} of {source.Size} bytes to workspace {resource}",
            RegistryAction.ArchiveDeleted => $"Deleted app archive {source.StoredDigest} of workspace {resource}",
            RegistryAction.TokenIssued => $"Issued token {source.TokenName} ({resource}) for {source.Scopes}",
            RegistryAction.TokenRevoked => $"Revoked token {source.TokenName} ({resource})",
            RegistryAction.TokenRemoved => $"Removed expired token {source.TokenName} ({resource})",
            RegistryAction.RequestDenied => $"Denied a request for {resource}: {source.Reason?.TrimEnd('.')}",
            RegistryAction.CredentialsRefused => $"Rejected credentials for {resource}: {source.Reason?.TrimEnd('.')}",
            _ => throw new ArgumentException($"Unknown action {source.Action}.", nameof(source)),
        };
    }

    private static string Describe(Caller caller)
    {
        var kind = NameOf(caller.Kind.ToString());
        var name = caller.Name is null || caller.Name == kind ? kind : $"{kind} {caller.Name}";
        return $"{name}{(caller.Id is null ? "" : $" ({caller.Id})")}"
            + (caller.ClientAddress is null ? "" : $" from {caller.ClientAddress}");
    }

    /// <summary>Returns the name of an action in events, such as <c>release_pushed</c>.</summary>
    internal static string NameOf(RegistryAction action) => NameOf(action.ToString());

    /// <summary>
    /// Returns the name of an enum value in events: <c>ReleasePushed</c> becomes <c>release_pushed</c>.
    /// </summary>
    private static string NameOf(string name) => string.Concat(name.Select(
        static (c, i) => char.IsUpper(c) ? $"{(i == 0 ? "" : "_")}{char.ToLowerInvariant(c)}" : c.ToString()));
}
