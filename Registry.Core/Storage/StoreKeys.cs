namespace Registry.Core.Storage;

/// <summary>Builds every key that the registry uses.</summary>
/// <remarks>
/// <code>
/// documents  packages/&lt;namespace&gt;/&lt;name&gt;   the package index: releases, manifests, channels, created_at
///            tokens/&lt;id&gt;                    a token for clients, without its secret
///            sessions/&lt;sha256&gt;              a session of a signed-in user, by the hash of its id
///            probe/&lt;random&gt;                 written, read and deleted at startup
/// blobs      packages/&lt;namespace&gt;/&lt;name&gt;   content as it was pushed, or as the registry made it: packages,
///                                            provenance files, layers, configs, manifests, chart metadata
///            archives/&lt;workspace …&gt;         app archives
/// </code>
/// Blobs are named by the sha256 of their bytes.
/// App archives need no document: the digest of the blob is the id of the archive.
/// </remarks>
public static class StoreKeys
{
    /// <summary>The scope of all packages.</summary>
    public static StoreKey Packages { get; } = StoreKey.Of("packages");

    /// <summary>The scope of all workspaces.</summary>
    public static StoreKey Archives { get; } = StoreKey.Of("archives");

    /// <summary>The scope of the documents of the startup probe.</summary>
    public static StoreKey Probe { get; } = StoreKey.Of("probe");

    /// <summary>The scope of all tokens.</summary>
    public static StoreKey Tokens { get; } = StoreKey.Of("tokens");

    /// <summary>The scope of all sessions.</summary>
    public static StoreKey Sessions { get; } = StoreKey.Of("sessions");

    /// <summary>Returns the key of a session.</summary>
    /// <param name="hash">The sha256 of its id, in hexadecimal digits.</param>
    public static StoreKey Session(string hash) => StoreKey.Of(Sessions.Value, hash);

    /// <summary>Returns the key of a token.</summary>
    /// <param name="id">The id of the token.</param>
    public static StoreKey Token(string id) => StoreKey.Of(Tokens.Value, id);

    /// <summary>Returns the key of a package's index, which is also the scope of its blobs.</summary>
    /// <param name="namespace">The namespace of the package.</param>
    /// <param name="name">The name of the package in its namespace.</param>
    public static StoreKey Package(string @namespace, string name) => StoreKey.Of(Packages.Value, @namespace, name);
}
