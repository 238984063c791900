using Registry.Core.Storage;

namespace Registry.Core.Archives;

/// <summary>
/// Where app archives belong: a host and a path, or <c>global/</c>. Data, never a path of a disk; <c>..</c> in it means
/// nothing.
/// </summary>
public readonly record struct Workspace
{
    private const string Global = "global";

    private readonly string? name;

    private Workspace(string name, StoreKey scope) => (this.name, Scope) = (name, scope);

    /// <summary>
    /// The workspace as clients see it, such as <c>github.com/kubernauts/kploy.net/</c>: it always ends in a slash.
    /// </summary>
    /// <exception cref="InvalidOperationException">This is the default value, which is no workspace.</exception>
    public string Name => name ?? throw new InvalidOperationException("A default Workspace is none.");

    /// <summary>How many parts it has between slashes, the host among them.</summary>
    public int Parts => Name.AsSpan().Count('/');

    /// <summary>
    /// Where storage keeps its archives: one segment for each part between slashes, so that one workspace lies below
    /// another exactly where its name begins with the other's.
    /// </summary>
    public StoreKey Scope { get; }

    /// <summary>
    /// Derives the workspace from what a client says, by the rule of the KAR reference: <c>host/path/</c> of a URL that
    /// has both, in any scheme or none, and <c>global/</c> for everything else.
    /// </summary>
    /// <param name="argument">A URL, or any text; null means that the client said nothing.</param>
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
        var text = host.Length > 0 && path.Length > 0 ? host + path : Global;
        var parts = (text.EndsWith('/') ? text[..^1] : text).Split('/');
        if (!StoreKey.TryOf([StoreKeys.Archives.Value, .. parts], out var scope))
            return false;
        workspace = new Workspace(string.Join('/', parts) + '/', scope);
        return true;
    }

    /// <summary>The workspace of a scope that storage lists.</summary>
    /// <exception cref="ArgumentException">
    /// <paramref name="scope"/> is not below <see cref="StoreKeys.Archives"/>.
    /// </exception>
    public static Workspace FromScope(StoreKey scope) =>
        scope.IsBelow(StoreKeys.Archives)
            ? new Workspace(string.Join('/', scope.Segments().Skip(1)) + '/', scope)
            : throw new ArgumentException($"'{scope}' is no scope of archives.", nameof(scope));

    /// <inheritdoc/>
    public override string ToString() => name ?? "";
}
