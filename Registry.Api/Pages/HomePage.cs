using Registry.Api.OpenApi;

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
        var packagesUrl = $"{scheme}://{host}{root}/api/v1/packages";
        return $$"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <meta name="cnr-package" content="{{target}}">
              <meta name="appr-package" content="{{target}}">
              <title>Application registry</title>
              <link rel="icon" href="{{IconController.Path}}">
              <style>
                :root { color-scheme: light dark; --text: #1d2733; --soft: #5b6775; --line: #dfe4ea; --page: #f6f8fa; --card: #fff; --accent: #0b62c4; }
                @media (prefers-color-scheme: dark) {
                  :root { --text: #e4e9ef; --soft: #9aa7b5; --line: #2d3742; --page: #12171d; --card: #1a2129; --accent: #6cb2ff; }
                }
                * { box-sizing: border-box; }
                body { font: 16px/1.6 system-ui, sans-serif; color: var(--text); background: var(--page); max-width: 50rem; margin: 0 auto; padding: 3.5rem 1.25rem; }
                header { display: flex; align-items: center; gap: .9rem; }
                header img { width: 2.75rem; height: 2.75rem; }
                h1 { font-size: 1.75rem; line-height: 1.2; margin: 0; }
                h2 { font-size: 1.05rem; margin: 2.25rem 0 .5rem; }
                p { margin: 1rem 0; }
                a { color: var(--accent); }
                dl { display: flex; gap: 1rem; margin: 1.5rem 0; }
                dl div { flex: 1; padding: .8rem 1.1rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
                dt { font-size: .85rem; color: var(--soft); }
                dd { margin: 0; font-size: 1.75rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
                nav { display: flex; flex-wrap: wrap; gap: .75rem; }
                nav a { padding: .5rem 1.1rem; border: 1px solid var(--accent); border-radius: .5rem; text-decoration: none; }
                nav a:first-child { color: var(--card); background: var(--accent); }
                pre { margin: 0; padding: .9rem 1.1rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; overflow-x: auto; font-size: .8rem; }
                footer { margin-top: 2.5rem; color: var(--soft); font-size: .85rem; }
              </style>
            </head>
            <body>
              <header><img src="{{IconController.Path}}" alt=""><h1>Application registry</h1></header>
              <p>Kubernetes application packages over HTTP: Helm charts, kpm packages and others by the CNR protocol, kploy app archives by KAR.</p>
              <dl>
                <div><dt>packages</dt><dd>{{packages}}</dd></div>
                <div><dt>releases</dt><dd>{{releases}}</dd></div>
              </dl>
              <nav>
                <a href="/swagger">Try the API out</a>
                <a href="/openapi/v1.json">OpenAPI document</a>
                <a href="{{root}}/api/v1/packages">All packages</a>
                <a href="/api/v1">State</a>
              </nav>
              <h2>A chart, by CNR</h2>
              <pre>
            curl {{packagesUrl}}/me/mychart \
              --data '{"release":"1.0.0","media_type":"helm","blob":"'$(base64 -w0 mychart.tar.gz)'"}'
            curl {{packagesUrl}}
            curl -o mychart.tar.gz {{packagesUrl}}/me/mychart/1.0.0/helm/pull</pre>
              <h2>An app archive, by KAR</h2>
              <pre>
            curl --data-binary @app.kploy {{scheme}}://{{host}}/api/v1/app
            curl {{scheme}}://{{host}}/api/v1/app</pre>
              <footer>Version {{DocumentInfo.Version}}</footer>
            </body>
            </html>

            """;
    }
}
