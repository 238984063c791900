using Registry.Core.Charts;
using Registry.Core.Packages;

namespace Registry.Api.Ui;

/// <summary>The address of the registry as the client used it, for commands.</summary>
/// <param name="Scheme">The scheme, http or https.</param>
/// <param name="Host">The host, with a port if there is one.</param>
/// <param name="Prefix">The path prefix of a proxy, such as <c>/registry</c>; empty for none.</param>
internal sealed record ServerAddress(string Scheme, string Host, string Prefix)
{
    /// <summary>Whether clients have to log in for what the page shows.</summary>
    public bool NeedsLogin { get; init; }

    /// <summary>The address without a slash at its end.</summary>
    public string Home => $"{Scheme}://{Host}{Prefix}";

    /// <summary>Whether clients need an option to speak plain HTTP.</summary>
    public bool IsPlain => Scheme == "http";

    /// <summary>Whether the host is the machine of the client itself.</summary>
    public bool IsLoopback => Uri.TryCreate(Home, UriKind.Absolute, out var uri) && uri.IsLoopback;

    /// <summary>Returns the address that a request used.</summary>
    public static ServerAddress Of(HttpRequest request) =>
        new(request.Scheme, request.Host.ToUriComponent(), request.PathBase.ToUriComponent());

    /// <summary>Returns the package of a chart in a repository of this registry; null for any other.</summary>
    public PackageName? Find(RequiredChart chart)
    {
        var repository = chart.Repository.TrimEnd('/');
        string[] own = [RepositoryOf(""), $"oci://{Host}"];
        foreach (var address in own)
            if ((repository == address || repository.StartsWith($"{address}/", StringComparison.Ordinal))
                && PackageName.TryCreate(repository[address.Length..].TrimStart('/'), chart.Name, out var package))
                return package;
        return null;
    }

    /// <summary>Returns the address of the Helm repository of a namespace.</summary>
    public string RepositoryOf(string @namespace) =>
        @namespace.Length == 0 ? $"{Home}/helm" : $"{Home}/helm/{@namespace}";
}
