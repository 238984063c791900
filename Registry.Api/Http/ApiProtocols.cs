namespace Registry.Api.Http;

/// <summary>The protocols of the registry, and which of them owns a path.</summary>
/// <param name="registered">All protocols, one of which is the default.</param>
internal sealed class ApiProtocols(IEnumerable<ApiProtocol> registered)
{
    private readonly (PathString Path, ApiProtocol Owner)[] byLength =
    [
        .. registered.SelectMany(static protocol => protocol.Paths, static (protocol, path) => (path, protocol))
            .OrderByDescending(static owned => owned.path.Value!.Length),
    ];

    private readonly ApiProtocol standard = registered.Single(static protocol => protocol.IsDefault);

    /// <summary>Every path that a protocol owns.</summary>
    public IEnumerable<PathString> Paths => byLength.Select(static owned => owned.Path);

    /// <summary>Every protocol, the default among them.</summary>
    public IEnumerable<ApiProtocol> All { get; } = [.. registered];

    /// <summary>Returns the protocol that owns a path; the default for unknown paths.</summary>
    public ApiProtocol OwnerOf(PathString path)
    {
        foreach (var (root, owner) in byLength)
            if (path.StartsWithSegments(root, StringComparison.Ordinal))
                return owner;
        return standard;
    }

    /// <summary>Attaches the owner of its path to an endpoint, so that no request has to look it up.</summary>
    public void Attach(EndpointBuilder endpoint)
    {
        if (endpoint is RouteEndpointBuilder { RoutePattern.RawText: { } pattern })
            endpoint.Metadata.Add(OwnerOf($"/{pattern.TrimStart('/')}"));
    }
}
