using NSwag;
using Registry.Api.Cnr;

namespace Registry.Api.OpenApi;

/// <summary>Title, license, groups and descriptions of the OpenAPI documents.</summary>
internal static class DocumentInfo
{
    /// <summary>The title.</summary>
    public static string Title => "Application registry";

    /// <summary>The license of the product.</summary>
    public static OpenApiLicense License =>
        new() { Name = "Apache-2.0", Url = "https://www.apache.org/licenses/LICENSE-2.0" };

    /// <summary>Returns the groups, in display order.</summary>
    public static IEnumerable<OpenApiTag> Tags() =>
    [
        new()
        {
            Name = OperationDescription.CnrTag,
            Description = "Packages: releases of Helm charts, kpm packages and others. "
                + $"`/api/v1/packages` implements CNR {Dialect.Cnr.Version}.",
        },
        new()
        {
            Name = OperationDescription.OciTag,
            Description = "The same packages for `helm push`, `oras`, `skopeo` and other OCI clients: the OCI "
                + "distribution API 1.1. Clients request `/v2` at the root of the host, also behind a path prefix.",
        },
        new()
        {
            Name = OperationDescription.HelmTag,
            Description = "The same charts in Helm repositories, one for each namespace and channel, with "
                + "ChartMuseum's API. `{namespace}` may have several parts, separated by slashes. For packages "
                + "without a namespace, omit it and its slash.",
        },
        new()
        {
            Name = OperationDescription.KarTag,
            Description = "kploy app archives in workspaces. The id of an archive is the sha256 of its bytes.",
        },
        new() { Name = OperationDescription.TokensTag, Description = "Tokens that authenticate clients." },
        new() { Name = OperationDescription.HealthTag, Description = "Health checks for orchestrators." },
        new()
        {
            Name = OperationDescription.ApprTag,
            Description = "The same operations on the same packages, for appr clients: "
                + $"`/cnr/api/v1/packages` implements appr {Dialect.Appr.Version}.",
        },
    ];

    /// <summary>The description of the document for client generators.</summary>
    public const string ClientText =
        "The API of the registry for client generators: every operation has one URL, one request body and one response "
        + "format. `v1.json` describes the whole API.";

    /// <summary>The description of the document of the whole API.</summary>
    public const string Text = """
        A registry for Kubernetes application packages. A package is pushed and pulled through **OCI**, **Helm**
        repositories or **CNR**, and each shows what the others pushed. **KAR** stores kploy app archives.

        Push, list and pull a chart:

        ```
        curl --fail-with-body -F release=1.0.0 -F media_type=helm -F blob=@chart.tar.gz \
          http://localhost:5000/api/v1/packages/hello/elasticsearch
        curl -f http://localhost:5000/api/v1/packages
        curl -f -o chart.tar.gz http://localhost:5000/api/v1/packages/hello/elasticsearch/1.0.0/helm/pull
        ```

        Or try it on this page: open `POST …/{namespace}/{name}` below, then *Try it out* and *Execute*. A small chart
        is filled in, and the examples of all other operations use it.

        Client generators use `client.json`, in the same folder as this document.

        These rules apply to all operations:

        * Every `GET` also supports `HEAD`, with the same headers and no body; every path supports `OPTIONS`.
        * Pages of every website may read (`Access-Control-Allow-Origin: *`). Only pages of the registry itself and of
          the origins in `CORS__ORIGINS` may write: others get 403 `forbidden`.
        * With `AUTH__MODE=tokens` requests need a token, as `Authorization: Bearer TOKEN` or as the password of any
          user. Otherwise everyone may push and delete: set `AUTH__MODE=tokens`, or restrict access with a proxy.
        * Reads have a strong `ETag` and support `If-None-Match` (304). Downloads support `Range`; those of CNR and KAR
          also support `If-Modified-Since` if their URL always identifies the same bytes. JSON is compressed if the
          client accepts `br` or `gzip`, except for OCI.
        * Errors are JSON, `{"code","message","details"}`: `code` is for programs and never changes. Unknown routes
          return 404 `resource-not-found`. Below `/cnr` the error has a copy of the same object under `error`. OCI and
          Helm have the errors of their clients, `{"errors":[{"code","message","detail"}]}` and `{"error"}`.
        * A change that returned a status from 200 to 204 is durable. After 503 or 507 it may have been applied: check
          before you retry, and wait for the time in `Retry-After`.
        """;
}
