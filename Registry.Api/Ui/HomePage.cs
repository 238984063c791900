using System.Security.Cryptography;
using System.Text;
using Registry.Api.Health;
using Registry.Api.Http;

namespace Registry.Api.Ui;

/// <summary>The HTML of the home page.</summary>
internal static class HomePage
{
    private const string Style = """
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
        """;

    /// <summary>The sources that the page may load, for <see cref="PageHeaders"/>: its icon and inline style.</summary>
    public static string Sources { get; } =
        $"img-src 'self'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'";

    /// <summary>Renders the page. All arguments must be encoded for HTML.</summary>
    /// <param name="scheme">The scheme, http or https.</param>
    /// <param name="host">The host that the client requested.</param>
    /// <param name="prefix">The path prefix of a proxy, such as <c>/registry</c>; empty for none.</param>
    /// <param name="root">The prefix of the CNR paths: empty or <c>cnr/</c>.</param>
    /// <param name="up">The relative path from the page to the root of the registry: empty or <c>../</c>.</param>
    /// <param name="packages">The number of packages.</param>
    /// <param name="releases">The number of releases.</param>
    public static string Html(
        string scheme, string host, string prefix, string root, string up, string packages, string releases)
    {
        // The client replaces {name}, {version} and {mediatype}. It reads only the meta elements of the page.
        var home = $"{scheme}://{host}{prefix}";
        var packagesUrl = $"{home}/{root}api/v1/packages";
        var target = $"{host}/{{name}} {packagesUrl}/{{name}}/{{version}}/{{mediatype}}/pull";
        var plain = scheme == "http" ? " --plain-http" : "";
        var icon = up + IconController.Path[1..];
        return $$"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <meta name="cnr-package" content="{{target}}">
              <meta name="appr-package" content="{{target}}">
              <title>Application registry</title>
              <link rel="icon" href="{{icon}}">
              <style>{{Style}}</style>
            </head>
            <body>
              <header><img src="{{icon}}" alt=""><h1>Application registry</h1></header>
              <p>
                A registry for Kubernetes application packages.
                A package is pushed and pulled by OCI clients, by Helm and by CNR clients, and each shows what the
                others pushed. KAR stores kploy app archives.
              </p>
              <dl>
                <div><dt>Packages</dt><dd>{{packages}}</dd></div>
                <div><dt>Releases</dt><dd>{{releases}}</dd></div>
              </dl>
              <nav>
                <a href="{{up}}swagger">Try the API</a>
                <a href="{{up}}openapi/v1.json">OpenAPI document</a>
                <a href="{{up}}{{root}}api/v1/packages">All packages</a>
                <a href="{{up}}api/v1">Status</a>
              </nav>
              <h2>Push and install a chart (Helm)</h2>
              <pre>
            helm push mychart-1.0.0.tgz oci://{{host}}/me{{plain}}
            helm repo add me {{home}}/helm/me
            helm install mychart me/mychart</pre>
              <h2>Push, list and pull a package (CNR)</h2>
              <pre>
            curl -f -F release=1.0.0 -F media_type=helm -F blob=@mychart.tgz {{packagesUrl}}/me/mychart
            curl -f {{packagesUrl}}
            curl -f -o mychart.tgz {{packagesUrl}}/me/mychart/1.0.0/helm/pull</pre>
              <h2>Upload and list app archives (KAR)</h2>
              <pre>
            curl -f --data-binary @app.kploy {{home}}/api/v1/app
            curl -f {{home}}/api/v1/app</pre>
              <footer>Version {{ProductVersion.Text}}</footer>
            </body>
            </html>

            """;
    }
}
