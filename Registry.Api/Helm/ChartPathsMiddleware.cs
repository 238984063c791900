using Registry.Api.Http;
using Registry.Core.Versions;

namespace Registry.Api.Helm;

/// <summary>
/// Lets routes match a namespace as one segment, although it may have any number of parts. A part may be called
/// <c>charts</c>: the last such part of a path ends the namespace. A POST whose path ends in <c>charts/prov</c> is a
/// provenance file for the namespace that ends in <c>charts</c>, because a chart is pushed to <c>charts</c>; with other
/// methods it is the chart <c>prov</c>. A path that ends in <c>charts/charts/VERSION</c> is a version of the chart
/// <c>charts</c>.
/// </summary>
internal sealed class ChartPathsMiddleware(RequestDelegate next)
{
    /// <summary>The first part of the paths of the API. No namespace that begins with it has a repository.</summary>
    public const string Api = "api";

    private const string Prefix = HelmProtocol.Root + "/";
    private const string Charts = "charts";
    private const string Provenance = "prov";
    private const string Channel = "-";
    private const string Index = "index.yaml";

    /// <summary>Handles one request, before routing.</summary>
    public Task InvokeAsync(HttpContext context) =>
        Join(context.Request.Path.Value, context.Request.Method) is { } joined
            ? JoinedPath.InvokeAsync(next, context, joined) : next(context);

    /// <summary>Returns the namespace in the segment of a route.</summary>
    public static string Split(string segment) => JoinedPath.Split(segment.TrimStart(JoinedPath.Joint));

    /// <summary>Returns the path with its namespace as one segment; null when it is not that of a repository.</summary>
    /// <param name="path">The path.</param>
    /// <param name="method">The method of the request.</param>
    internal static string? Join(string? path, string method)
    {
        if (path is null || !path.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        var parts = path[Prefix.Length..].Split('/');
        var isApi = parts[0] == Api;
        if (isApi)
            parts = parts[1..];
        var end = isApi ? EndInApi(parts, method) : EndInRepository(parts);
        if (end < 0 || parts.AsSpan(0, end).Contains(""))
            return null;

        // A namespace without parts needs a segment too.
        var joined = $"{JoinedPath.Joint}{string.Join(JoinedPath.Joint, parts[..end])}";
        return $"{Prefix}{(isApi ? $"{Api}/" : "")}{joined}/{string.Join('/', parts[end..])}";
    }

    /// <summary>
    /// Returns the number of parts of NS in <c>NS/charts</c>, <c>NS/charts/NAME</c>, <c>NS/charts/NAME/VERSION</c> or
    /// <c>NS/prov</c>; -1 for any other path.
    /// </summary>
    private static int EndInApi(string[] parts, string method)
    {
        if (HttpMethods.IsPost(method) && parts is [.., Provenance])
            return parts.Length - 1;

        // A chart called "charts": only a version can follow its name.
        if (parts is [.., Charts, Charts, var version]
            && (HttpMethods.IsDelete(method) || Release.TryParse(version, out _, out _)))
            return parts.Length - 3;
        for (var at = parts.Length - 1; at >= Math.Max(parts.Length - 3, 0); at--)
            if (parts[at] == Charts)
                return at;
        return parts is [.., Provenance] ? parts.Length - 1 : -1;
    }

    /// <summary>
    /// Returns the number of parts of NS in <c>NS/index.yaml</c> or <c>NS/charts/FILE</c>, which may have
    /// <c>/-/CHANNEL</c> after the namespace; -1 for any other path.
    /// </summary>
    private static int EndInRepository(string[] parts)
    {
        var end = parts is [.., Index] ? parts.Length - 1
            : parts is [.., Charts, _] ? parts.Length - 2
            : -1;
        return end >= 2 && parts[end - 2] == Channel ? end - 2 : end;
    }
}
