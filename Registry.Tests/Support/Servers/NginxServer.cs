namespace Registry.Tests.Support.Servers;

/// <summary>An <c>nginx</c> that serves a registry below <see cref="Prefix"/>, as operators set it up.</summary>
public sealed class NginxServer : ServerProcess
{
    /// <summary>Below which path.</summary>
    public const string Prefix = "/registry";

    private const string Installed = "/usr/sbin/nginx";

    private readonly string location;

    /// <param name="location">What stands in the location, beside the Host header.</param>
    private NginxServer(string location)
        : base((File.Exists(Installed) ? Installed : "nginx", "nginx-light"), "using the \"epoll\"") =>
        this.location = location;

    /// <summary>The registry as clients see it.</summary>
    public Uri Address => new($"http://127.0.0.1:{Port}{Prefix}/");

    protected override IEnumerable<string> Arguments
    {
        get
        {
            File.WriteAllText(Path.Combine(Data, "nginx.conf"), Configuration());
            return ["-p", Data, "-c", Path.Combine(Data, "nginx.conf"), "-e", "stderr"];
        }
    }

    /// <summary>The directive that passes on the host as the client calls it.</summary>
    public const string KeepHost = "proxy_set_header Host $http_host;";

    /// <summary>Starts it.</summary>
    /// <param name="registry">The address of the registry, without a path.</param>
    /// <param name="keepsPrefix">Whether it passes the prefix on to the registry; otherwise it takes it off.</param>
    /// <param name="directives">More directives for the location.</param>
    /// <param name="cancellationToken">Ends the wait for it.</param>
    public static Task<NginxServer> StartAsync(
        Uri registry, bool keepsPrefix, string directives, CancellationToken cancellationToken) =>
        StartAsync(
            () =>
                new NginxServer(
                    $"proxy_pass {registry.GetLeftPart(UriPartial.Authority)}{(keepsPrefix ? "" : "/")}; {directives}"),
            cancellationToken);

    public override string[] NewStorage(string name) => throw new NotSupportedException("A proxy stores nothing.");

    private string Configuration() => $$"""
        daemon off;
        master_process off;
        pid nginx.pid;
        error_log stderr notice;
        events { }
        http {
            access_log off;
            client_max_body_size 720m;
            client_body_temp_path body;
            proxy_temp_path proxy;
            fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            server {
                listen 127.0.0.1:{{Port}};
                # A browser asks the host for the icon of a page of JSON. What else is on the host is not the registry's.
                location = /favicon.ico { return 204; }
                location {{Prefix}}/ { {{location}} }
            }
        }
        """;
}
