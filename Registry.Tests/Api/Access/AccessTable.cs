namespace Registry.Tests.Api.Access;

/// <summary>The status of every request for every caller.</summary>
internal static class AccessTable
{
    /// <summary>
    /// The callers, in the order of the columns: without credentials where <c>AUTH__ANONYMOUS</c> is empty, without
    /// credentials where it has its default, with a wrong, an expired and a revoked token, with a token for everything
    /// elsewhere, with a token for one action, with one for all three, with an external identity that may pull and
    /// push, with the admin token, and without credentials where <c>AUTH__MODE</c> is open.
    /// </summary>
    public static readonly string[] Callers =
    [
        "none", "world", "wrong", "expired", "revoked", "elsewhere", "pull", "push", "delete", "three", "identity",
        "admin", "open",
    ];

    /// <summary>
    /// A line for each request. Its package is <c>{ns}/{n}</c>, with the release 1.0.0 in the channel stable; a
    /// successful change has its own package.
    /// </summary>
    public const string Text = """
                                                                     none world wrong exp. rev. else pull push del three ident admin open
        # CNR
        GET    /version                                              200  200   200   200  200  200  200  200  200 200   200   200   200
        GET    /api/v1/packages                                      401  200   401   401  401  200  200  403  403 200   200   200   200
        HEAD   /api/v1/packages                                      401  200   401   401  401  200  200  403  403 200   200   200   200
        GET    /api/v1/packages/search?q=app                         401  200   401   401  401  200  200  403  403 200   200   200   200
        GET    /api/v1/packages/{p}                                  401  200   401   401  401  403  200  403  403 200   200   200   200
        HEAD   /api/v1/packages/{p}                                  401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /api/v1/packages/{p}/1.0.0                            401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /api/v1/packages/{p}/1.0.0/helm                       401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /api/v1/packages/{p}/1.0.0/helm/pull                  401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /api/v1/packages/{p}/1.0.0/helm/pull/json             401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /api/v1/packages/{p}/blobs/sha256/{tar}               401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /api/v1/packages/{p}/blobs/sha256/{tar}/json          401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /api/v1/packages/{p}/channels                         401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /api/v1/packages/{p}/channels/stable                  401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /api/v1/packages/{ns}/missing                         401  404   401   401  401  403  404  403  403 404   404   404   404
        GET    /api/v1/packages/{ns}/-invalid                        401  404   401   401  401  404  404  403  403 404   404   404   404
        POST   /api/v1/packages/{p}                                  401  401   401   401  401  403  403  200  403 200   200   200   200
        POST   /api/v1/packages/{p}?force=true                       401  401   401   401  401  403  403  403  403 200   403   200   200
        DELETE /api/v1/packages/{p}/1.0.0/helm                       401  401   401   401  401  403  403  403  200 200   403   200   200
        POST   /api/v1/packages/{p}/channels/dev/1.0.0               401  401   401   401  401  403  403  200  403 200   200   200   200
        DELETE /api/v1/packages/{p}/channels/stable/1.0.0            401  401   401   401  401  403  403  200  403 200   200   200   200
        DELETE /api/v1/packages/{p}/channels/stable                  401  401   401   401  401  403  403  200  403 200   200   200   200
        # CNR below /cnr
        GET    /cnr/version                                          200  200   200   200  200  200  200  200  200 200   200   200   200
        GET    /cnr/api/v1/packages                                  401  200   401   401  401  200  200  403  403 200   200   200   200
        GET    /cnr/api/v1/packages/search?q=app                     401  200   401   401  401  200  200  403  403 200   200   200   200
        GET    /cnr/api/v1/packages/{p}                              401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /cnr/api/v1/packages/{p}/1.0.0                        401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /cnr/api/v1/packages/{p}/1.0.0/helm                   401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /cnr/api/v1/packages/{p}/1.0.0/helm/pull              401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /cnr/api/v1/packages/{p}/1.0.0/helm/pull/json         401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /cnr/api/v1/packages/{p}/blobs/sha256/{tar}           401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /cnr/api/v1/packages/{p}/blobs/sha256/{tar}/json      401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /cnr/api/v1/packages/{p}/channels                     401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /cnr/api/v1/packages/{p}/channels/stable              401  200   401   401  401  403  200  403  403 200   200   200   200
        POST   /cnr/api/v1/packages/{p}                              401  401   401   401  401  403  403  200  403 200   200   200   200
        DELETE /cnr/api/v1/packages/{p}/1.0.0/helm                   401  401   401   401  401  403  403  403  200 200   403   200   200
        POST   /cnr/api/v1/packages/{p}/channels/dev/1.0.0           401  401   401   401  401  403  403  200  403 200   200   200   200
        DELETE /cnr/api/v1/packages/{p}/channels/stable/1.0.0        401  401   401   401  401  403  403  200  403 200   200   200   200
        DELETE /cnr/api/v1/packages/{p}/channels/stable              401  401   401   401  401  403  403  200  403 200   200   200   200
        # The login of CNR clients, here without a body
        POST   /api/v1/users/login                                   400  400   400   400  400  400  400  400  400 400   400   400   404
        POST   /cnr/api/v1/users/login                               400  400   400   400  400  400  400  400  400 400   400   400   404
        # OCI
        GET    /v2/                                                  401  401   401   401  401  200  200  200  200 200   200   200   200
        HEAD   /v2/                                                  401  401   401   401  401  200  200  200  200 200   200   200   200
        GET    /v2/_catalog                                          401  200   401   401  401  200  200  403  403 200   200   200   200
        GET    /v2/{p}/tags/list                                     401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /v2/{p}/manifests/1.0.0                               401  200   401   401  401  403  200  403  403 200   200   200   200
        HEAD   /v2/{p}/manifests/1.0.0                               401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /v2/{p}/manifests/{m}                                 401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /v2/{p}/manifests/missing                             401  404   401   401  401  403  404  403  403 404   404   404   404
        GET    /v2/{p}/blobs/{b}                                     401  200   401   401  401  403  200  403  403 200   200   200   200
        HEAD   /v2/{p}/blobs/{b}                                     401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /v2/{p}/referrers/{m}                                 401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /v2/Invalid/tags/list                                 401  400   401   401  401  400  400  403  403 400   400   400   400
        POST   /v2/{p}/blobs/uploads/                                401  401   401   401  401  403  403  202  403 202   202   202   202
        POST   /v2/{p}/blobs/uploads/?digest={x}                     401  401   401   401  401  403  403  201  403 201   201   201   201
        GET    /v2/{p}/blobs/uploads/{u}                             401  401   401   401  401  403  403  204  403 204   204   204   204
        PATCH  /v2/{p}/blobs/uploads/{u}                             401  401   401   401  401  403  403  202  403 202   202   202   202
        PUT    /v2/{p}/blobs/uploads/{u}?digest={x}                  401  401   401   401  401  403  403  201  403 201   201   201   201
        DELETE /v2/{p}/blobs/uploads/{u}                             401  401   401   401  401  403  403  204  403 204   204   204   204
        PUT    /v2/{p}/manifests/dev                                 401  401   401   401  401  403  403  201  403 201   201   201   201
        DELETE /v2/{p}/manifests/1.0.0                               401  401   401   401  401  403  403  403  202 202   403   202   202
        DELETE /v2/{p}/manifests/{m}                                 401  401   401   401  401  403  403  403  202 202   403   202   202
        DELETE /v2/{p}/manifests/1.0.0__helm                         401  401   401   401  401  403  403  403  409 409   403   409   409
        DELETE /v2/{p}/manifests/stable                              401  401   401   401  401  403  403  202  403 202   202   202   202
        DELETE /v2/{p}/blobs/{x}                                     401  401   401   401  401  403  403  403  202 202   403   202   202
        # Helm repositories
        GET    /helm/{ns}/index.yaml                                 401  200   401   401  401  403  200  403  403 200   200   200   200
        HEAD   /helm/{ns}/index.yaml                                 401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /helm/{ns}/-/stable/index.yaml                        401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /helm/{ns}/charts/{n}-1.0.0.tgz                       401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /helm/{ns}/-/stable/charts/{n}-1.0.0.tgz              401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /helm/{ns}/charts/missing-1.0.0.tgz                   401  404   401   401  401  403  404  403  403 404   404   404   404
        GET    /helm/{ns}/charts/{n}-1.0.0.tgz.prov                  401  404   401   401  401  403  404  403  403 404   404   404   404
        # ChartMuseum
        GET    /helm/api/{ns}/charts                                 401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /helm/api/{ns}/charts/{n}                             401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /helm/api/{ns}/charts/{n}/1.0.0                       401  200   401   401  401  403  200  403  403 200   200   200   200
        POST   /helm/api/{ns}/charts                                 401  401   401   401  401  403  403  201  403 201   201   201   201
        POST   /helm/api/{ns}/charts?force                           401  401   401   401  401  403  403  403  403 201   403   201   201
        POST   /helm/api/{ns}/prov                                   401  401   401   401  401  403  403  201  403 201   201   201   201
        DELETE /helm/api/{ns}/charts/{n}/1.0.0                       401  401   401   401  401  403  403  403  200 200   403   200   200
        # KAR
        GET    /api/v1                                               401  200   401   401  401  200  200  200  200 200   200   200   200
        GET    /api/v1/app?workspace={w}                             401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /api/v1/app?workspace=%FF                             401  400   401   401  401  400  400  403  403 400   400   400   400
        POST   /api/v1/app?workspace={w}                             401  401   401   401  401  403  403  200  403 200   200   200   200
        GET    /api/v1/app/{id}?workspace={w}                        401  200   401   401  401  403  200  403  403 200   200   200   200
        HEAD   /api/v1/app/{id}?workspace={w}                        401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /api/v1/app/{id}/more?workspace={w}                   401  404   401   401  401  403  404  403  403 404   404   404   404
        DELETE /api/v1/app/{id}/more?workspace={w}                   401  404   401   401  401  403  404  403  403 404   404   404   404
        DELETE /api/v1/app/{id}?workspace={w}                        401  401   401   401  401  403  403  403  204 204   403   204   204
        # Tokens
        GET    /api/v1/tokens                                        401  401   401   401  401  403  403  403  403 403   403   200   404
        POST   /api/v1/tokens                                        401  401   401   401  401  403  403  403  403 403   403   201   404
        GET    /api/v1/tokens/self                                   401  401   401   401  401  200  200  200  200 200   404   404   404
        GET    /api/v1/tokens/{t}                                    401  401   401   401  401  403  403  403  403 403   403   200   404
        DELETE /api/v1/tokens/{t}                                    401  401   401   401  401  403  403  403  403 403   403   204   404
        # Pages to sign in, of tokens, and that change a package
        GET    /sign-in                                              200  200   401   401  401  200  200  200  200 200   200   200   404
        POST   /sign-in                                              302  302   401   401  401  302  302  302  302 302   302   302   404
        POST   /sign-out                                             302  302   401   401  401  302  302  302  302 302   302   302   404
        GET    /tokens                                               401  401   401   401  401  403  403  403  403 403   403   200   404
        POST   /tokens                                               401  401   401   401  401  403  403  403  403 403   403   200   404
        GET    /tokens/{t}/revoke                                    401  401   401   401  401  403  403  403  403 403   403   200   404
        POST   /tokens/{t}/revoke                                    401  401   401   401  401  403  403  403  403 403   403   302   404
        GET    /manage/packages/{p}                                  401  200   401   401  401  403  200  403  403 200   200   200   404
        GET    /manage/delete-release/{p}?release=1.0.0&media_type=helm 401  401   401   401  401  403  403  403  403 200   403   200   404
        POST   /manage/delete-release/{p}                            401  401   401   401  401  403  403  403  302 302   403   302   404
        GET    /manage/move-channel/{p}?channel=dev&release=1.0.0    401  401   401   401  401  403  403  403  403 200   200   200   404
        POST   /manage/move-channel/{p}                              401  401   401   401  401  403  403  302  403 302   302   302   404
        GET    /manage/delete-channel/{p}?channel=stable             401  401   401   401  401  403  403  403  403 200   200   200   404
        POST   /manage/delete-channel/{p}                            401  401   401   401  401  403  403  302  403 302   302   302   404
        GET    /manage/delete-tag/{p}?tag=missing                    401  401   401   401  401  403  403  403  403 404   404   404   404
        POST   /manage/delete-tag/{p}?tag=missing                    401  401   401   401  401  403  403  404  403 404   404   404   404
        GET    /manage/delete-tag/{p}?tag=9.9.9                      401  401   401   401  401  403  403  403  403 404   403   404   404
        POST   /manage/delete-tag/{p}?tag=9.9.9                      401  401   401   401  401  403  403  403  404 404   403   404   404
        # Pages of packages and app archives
        GET    /packages                                             401  200   401   401  401  200  200  403  403 200   200   200   200
        GET    /packages/{p}                                         401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /packages/{p}@1.0.0                                   401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /packages/{ns}/                                       401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /packages/{ns}/missing                                401  404   401   401  401  403  404  403  403 404   404   404   404
        GET    /icons/{p}@1.0.0                                      401  404   401   401  401  403  404  403  403 404   404   404   404
        GET    /archives                                             401  200   401   401  401  200  200  403  403 200   200   200   200
        GET    /archives?workspace={w}                               401  200   401   401  401  403  200  403  403 200   200   200   200
        GET    /assets/x/site.css                                    200  200   200   200  200  200  200  200  200 200   200   200   200
        # Pages, documents, health
        GET    /                                                     200  200   401   401  401  200  200  200  200 200   200   200   200
        GET    /cnr                                                  200  200   401   401  401  200  200  200  200 200   200   200   200
        GET    /swagger/index.html                                   200  200   200   200  200  200  200  200  200 200   200   200   200
        GET    /openapi/v1.json                                      200  200   200   200  200  200  200  200  200 200   200   200   200
        GET    /openapi/client.json                                  200  200   200   200  200  200  200  200  200 200   200   200   200
        GET    /favicon.ico                                          200  200   200   200  200  200  200  200  200 200   200   200   200
        GET    /healthz                                              200  200   200   200  200  200  200  200  200 200   200   200   200
        GET    /readyz                                               200  200   200   200  200  200  200  200  200 200   200   200   200
        GET    /missing                                              404  404   404   404  404  404  404  404  404 404   404   404   404
        PUT    /api/v1/packages                                      405  405   405   405  405  405  405  405  405 405   405   405   405
        """;

    /// <summary>The paths of the web UI, with everything below them.</summary>
    private static readonly string[] PagePaths =
        ["/packages", "/icons", "/archives", "/sign-in", "/sign-out", "/tokens", "/manage"];

    /// <summary>Whether a path is one of a page for people, whose errors are pages too.</summary>
    public static bool IsPage(string path) =>
        Array.Exists(PagePaths, page => $"{path.Split('?')[0]}/".StartsWith($"{page}/", StringComparison.Ordinal));

    /// <summary>The lines, parsed.</summary>
    public static IEnumerable<AccessRow> Rows =>
        Text.Split('\n').Skip(1)
            .Where(static line => !line.StartsWith('#') && line.Length > 0)
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(static cells => new AccessRow(cells[0], cells[1], [.. cells[2..].Select(int.Parse)]));

    /// <summary>
    /// The rows that depend on the storage: those of tokens, which are stored, and for each protocol a read, a write
    /// and a delete.
    /// </summary>
    public static IEnumerable<AccessRow> OnServers =>
        ((string[])
        [
            "GET /api/v1/packages/{p}", "POST /api/v1/packages/{p}", "DELETE /api/v1/packages/{p}/1.0.0/helm",
            "GET /v2/{p}/manifests/1.0.0", "PUT /v2/{p}/manifests/dev", "DELETE /v2/{p}/blobs/{x}",
            "GET /helm/{ns}/index.yaml", "POST /helm/api/{ns}/charts", "DELETE /helm/api/{ns}/charts/{n}/1.0.0",
            "GET /api/v1/app/{id}?workspace={w}", "POST /api/v1/app?workspace={w}",
            "DELETE /api/v1/app/{id}?workspace={w}",
            "GET /api/v1/tokens", "POST /api/v1/tokens", "GET /api/v1/tokens/self", "GET /api/v1/tokens/{t}",
            "DELETE /api/v1/tokens/{t}",
        ]).Select(static request => Rows.Single(row => row.ToString() == request));
}

/// <summary>A line of the table.</summary>
/// <param name="Method">The method.</param>
/// <param name="Path">The path, with placeholders.</param>
/// <param name="Statuses">The status for each caller.</param>
public sealed record AccessRow(string Method, string Path, IReadOnlyList<int> Statuses)
{
    /// <summary>Whether it is a page for people, whose errors are pages too.</summary>
    public bool IsPage => AccessTable.IsPage(Path);

    /// <summary>Whether a successful request changes something.</summary>
    public bool Changes => Method is not ("GET" or "HEAD");

    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Path}";
}
