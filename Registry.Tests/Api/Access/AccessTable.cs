namespace Registry.Tests.Api.Access;

/// <summary>The status of every request for every caller.</summary>
internal static class AccessTable
{
    /// <summary>
    /// The callers, in the order of the columns: without credentials where <c>AUTH__ANONYMOUS</c> is empty, without
    /// credentials where it has its default, with a wrong, an expired and a revoked token, with a token for everything
    /// elsewhere, with a token for one action, with one for all three, with an outside identity that may pull and
    /// push, with the administrator's secret, and without credentials where <c>AUTH__MODE</c> is open.
    /// </summary>
    public static readonly string[] Callers =
    [
        "none", "world", "wrong", "expired", "revoked", "elsewhere", "pull", "push", "delete", "three", "identity",
        "admin", "open",
    ];

    /// <summary>
    /// A line for each request. Its package is <c>{ns}/{n}</c>, with the release 1.0.0 in the channel stable; a
    /// successful change has a package of its own.
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
        DELETE /v2/{p}/manifests/stable                              401  401   401   401  401  403  403  403  202 202   403   202   202
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

    /// <summary>The lines, parsed.</summary>
    public static IEnumerable<AccessRow> Rows =>
        Text.Split('\n').Skip(1)
            .Where(static line => !line.StartsWith('#') && line.Length > 0)
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(static cells => new AccessRow(cells[0], cells[1], [.. cells[2..].Select(int.Parse)]));
}

/// <summary>A line of the table.</summary>
/// <param name="Method">The method.</param>
/// <param name="Path">The path, with placeholders.</param>
/// <param name="Statuses">The status for each caller.</param>
public sealed record AccessRow(string Method, string Path, IReadOnlyList<int> Statuses)
{
    /// <summary>Whether a successful request changes something.</summary>
    public bool Changes => Method is not ("GET" or "HEAD");

    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Path}";
}
