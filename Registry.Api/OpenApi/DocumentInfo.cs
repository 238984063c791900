using NSwag;
using Registry.Api.Cnr;

namespace Registry.Api.OpenApi;

/// <summary>What the document says of the whole.</summary>
internal static class DocumentInfo
{
    /// <summary>What the document is about.</summary>
    public static string Title => "Application registry";

    /// <summary>The terms under which the product is used.</summary>
    public static OpenApiLicense License =>
        new() { Name = "Apache-2.0", Url = "https://www.apache.org/licenses/LICENSE-2.0" };

    /// <summary>The groups, in the order in which they are shown.</summary>
    public static IEnumerable<OpenApiTag> Tags() =>
    [
        new()
        {
            Name = OperationDescription.CnrTag,
            Description = "Packages: releases of Helm charts, kpm packages and others. "
                + $"`/api/v1/packages` speaks CNR {Dialect.Cnr.Version}.",
        },
        new()
        {
            Name = OperationDescription.KarTag,
            Description = "App archives of kploy, by workspace: any bytes, named by their sha256.",
        },
        new() { Name = OperationDescription.HealthTag, Description = "Health checks for orchestrators." },
        new()
        {
            Name = OperationDescription.ApprTag,
            Description = "The same operations on the same packages, for clients of appr: "
                + $"`/cnr/api/v1/packages` speaks {Dialect.Appr.Version}.",
        },
    ];

    /// <summary>The text of the document for generators.</summary>
    public const string ClientText =
        "The API of the registry for generators of clients: every operation at one address, with one body and one form "
        + "of its answer. The whole API is described in `v1.json`.";

    /// <summary>The text of the whole API, for people.</summary>
    public const string Text = """
        Stores Kubernetes application packages and gives them out: Helm charts, kpm packages and others by the **CNR**
        protocol, kploy app archives by **KAR**.

        Push a chart, see it listed, pull it back:

        ```
        curl -f -F release=1.0.0 -F media_type=helm -F blob=@chart.tar.gz \
          http://localhost:5000/api/v1/packages/hello/elasticsearch
        curl -f http://localhost:5000/api/v1/packages
        curl -f -o chart.tar.gz http://localhost:5000/api/v1/packages/hello/elasticsearch/1.0.0/helm/pull
        ```

        Or here: open `POST …/{namespace}/{name}` below, *Try it out*, *Execute*. A small chart is filled in, and every
        other operation has it for its example.

        Generators of clients read `client.json`, beside this document.

        Rules of all operations:

        * Every `GET` answers `HEAD` too, with the same headers and no body; every path answers `OPTIONS`.
        * Pages of every web site may read (`Access-Control-Allow-Origin: *`). Only the registry's own pages, and those
          of `CORS__ORIGINS`, may write: others get 403 `forbidden`.
        * Nobody logs in. Who may push is for whatever stands in front of the registry.
        * Reads have a strong `ETag` and answer `If-None-Match` with 304; downloads answer `Range`, and
          `If-Modified-Since` where their address always stands for the same bytes. JSON is compressed where the client
          accepts `br` or `gzip`.
        * Errors are JSON, `{"code","message","details"}`: `code` is for programs and never changes. An address that is
          none of these answers 404 `resource-not-found`. Below `/cnr` the same object stands under `error` as well.
        * A change that was answered 200 is stored for good. After 503 and 507 nothing is certain but that trying again,
          no sooner than `Retry-After`, does no harm.
        """;
}
