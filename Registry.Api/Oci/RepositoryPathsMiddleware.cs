using Registry.Api.Http;

namespace Registry.Api.Oci;

/// <summary>
/// Lets routes match a repository name as one segment, although it may have any number of parts. A part may be called
/// <c>blobs</c> or <c>manifests</c>: the last such part of a path ends the name.
/// </summary>
internal sealed class RepositoryPathsMiddleware(RequestDelegate next)
{
    private const string Prefix = OciProtocol.Root + "/";
    private const string TagList = "/tags/list";

    private static readonly string[] Markers = ["/manifests/", "/blobs/", "/referrers/"];

    /// <summary>Handles one request, before routing.</summary>
    public Task InvokeAsync(HttpContext context) =>
        Join(context.Request.Path.Value) is { } joined ? JoinedPath.InvokeAsync(next, context, joined) : next(context);

    /// <summary>
    /// Returns the path with the name of its repository as one segment; null when it is that already, or has no name.
    /// </summary>
    internal static string? Join(string? path)
    {
        if (path is null || !path.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        var end = EndOfName(path);
        return end > Prefix.Length && path.AsSpan(Prefix.Length, end - Prefix.Length).Contains('/')
            ? string.Concat(Prefix, path[Prefix.Length..end].Replace('/', JoinedPath.Joint), path.AsSpan(end))
            : null;
    }

    private static int EndOfName(ReadOnlySpan<char> path)
    {
        // Routing ignores a slash at the end.
        var list = path.TrimEnd('/');
        var end = list.EndsWith(TagList, StringComparison.Ordinal) ? list.Length - TagList.Length : -1;
        foreach (var marker in Markers)
            end = Math.Max(end, path.LastIndexOf(marker, StringComparison.Ordinal));
        return end;
    }
}
