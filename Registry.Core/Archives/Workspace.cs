using Registry.Core.Storage;

namespace Registry.Core.Archives;

/// <summary>
/// The workspace of app archives: a host and a path, or <c>global/</c>. It is never used as a file path, so <c>..</c>
/// has no meaning in it.
/// </summary>
public readonly record struct Workspace
{
    private const string Global = "global";

    private readonly string? name;

    private Workspace(string name, StoreKey scope) => (this.name, Scope) = (name, scope);

    /// <summary>
    /// The workspace as clients see it, such as <c>github.com/kubernauts/kploy.net/</c>: it always ends in a slash.
    /// </summary>
    /// <exception cref="InvalidOperationException">This is the default value.</exception>
    public string Name => name ?? throw new InvalidOperationException("A default Workspace has no name.");

    /// <summary>The number of parts between slashes, including the host.</summary>
    public int Parts => Name.AsSpan().Count('/');

    /// <summary>
    /// The scope of the archives: one segment for each part between slashes, so that a workspace is below another
    /// exactly when its name starts with the name of the other.
    /// </summary>
    public StoreKey Scope { get; }

    /// <summary>
    /// Derives the workspace from the argument of a request, by the rule of the KAR reference: <c>host/path/</c> for a
    /// URL that has both, with any scheme or none, and <c>global/</c> for everything else.
    /// </summary>
    /// <param name="argument">A URL, or any text; null when the request has none.</param>
    /// <param name="workspace">The workspace.</param>
    /// <returns>
    /// False for an authority with an unmatched bracket, and for a workspace that is too long for a
    /// <see cref="StoreKey"/>.
    /// </returns>
    public static bool TryDerive(string? argument, out Workspace workspace)
    {
        workspace = default;
        if (!WorkspaceUrl.TrySplit(argument ?? Global, out var host, out var path))
            return false;
        return TryParse(host.Length > 0 && path.Length > 0 ? host + path : Global, out workspace);
    }

    /// <summary>Parses a <see cref="Name"/>; the slash at its end may be missing.</summary>
    /// <returns>False for a workspace that is too long for a <see cref="StoreKey"/>.</returns>
    public static bool TryParse(string name, out Workspace workspace)
    {
        ArgumentNullException.ThrowIfNull(name);
        workspace = default;
        var parts = (name.EndsWith('/') ? name[..^1] : name).Split('/');
        if (!StoreKey.TryOf([StoreKeys.Archives.Value, .. parts], out var scope))
            return false;
        workspace = new Workspace(string.Join('/', parts) + '/', scope);
        return true;
    }

    /// <summary>Returns the workspace of a listed scope.</summary>
    /// <exception cref="ArgumentException">
    /// <paramref name="scope"/> is not below <see cref="StoreKeys.Archives"/>.
    /// </exception>
    public static Workspace FromScope(StoreKey scope) =>
        scope.IsBelow(StoreKeys.Archives)
            ? new Workspace(string.Join('/', scope.Segments().Skip(1)) + '/', scope)
            : throw new ArgumentException($"'{scope}' is not a scope of archives.", nameof(scope));

    /// <inheritdoc/>
    public override string ToString() => name ?? "";
}
