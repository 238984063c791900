namespace Registry.Api.Pages;

/// <summary>The text of the page at <c>/</c>.</summary>
internal static class HomePage
{
    /// <param name="host">As the client calls this server, encoded for HTML.</param>
    /// <param name="scheme">http or https.</param>
    /// <param name="root">Where the CNR paths begin: empty or <c>/cnr</c>.</param>
    /// <param name="packages">How many packages.</param>
    /// <param name="releases">How many releases.</param>
    public static string Html(string host, string scheme, string root, string packages, string releases)
    {
        // {name}, {version} and {mediatype} are the client's to fill in; the CLI reads the metas and nothing else.
        var target = $"{host}/{{name}} {scheme}://{host}{root}/api/v1/packages/{{name}}/{{version}}/{{mediatype}}/pull";
        return $$"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <meta name="cnr-package" content="{{target}}">
              <meta name="appr-package" content="{{target}}">
              <title>Application registry</title>
              <style>
                :root { color-scheme: light dark; }
                body { font: 16px/1.6 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1.25rem; }
                h1 { font-size: 1.6rem; margin-bottom: .25rem; }
                dl { display: flex; gap: 2.5rem; margin: 1.5rem 0; }
                dt { font-size: .85rem; opacity: .7; }
                dd { margin: 0; font-size: 1.75rem; font-variant-numeric: tabular-nums; }
                pre { padding: .9rem 1rem; border: 1px solid #8886; border-radius: .5rem; overflow-x: auto; font-size: .85rem; }
              </style>
            </head>
            <body>
              <h1>Application registry</h1>
              <p>Kubernetes application packages over HTTP: Helm charts, kpm packages and others by the CNR protocol, kploy app archives by KAR.</p>
              <dl>
                <div><dt>packages</dt><dd>{{packages}}</dd></div>
                <div><dt>releases</dt><dd>{{releases}}</dd></div>
              </dl>
              <p><a href="/swagger">Explore the API</a> · <a href="/openapi/v1.json">OpenAPI document</a> · <a href="{{root}}/api/v1/packages">All packages</a></p>
              <p>Push a chart:</p>
              <pre>curl -X POST {{scheme}}://{{host}}{{root}}/api/v1/packages/me/mychart \
                --data "{\"release\":\"1.0.0\",\"media_type\":\"helm\",\"blob\":\"$(base64 -w0 mychart.tar.gz)\"}"</pre>
              <p>Pull it back:</p>
              <pre>curl -o mychart.tar.gz {{scheme}}://{{host}}{{root}}/api/v1/packages/me/mychart/1.0.0/helm/pull</pre>
            </body>
            </html>

            """;
    }
}
