namespace Registry.Tests.Support.Servers;

/// <summary>An <c>nginx</c> that serves a registry under <see cref="Prefix"/>, as operators set it up.</summary>
public sealed class NginxServer : ServerProcess
{
    /// <summary>The path prefix.</summary>
    public const string Prefix = "/registry";

    private const string Installed = "/usr/sbin/nginx";

    private readonly string location;

    /// <param name="location">The directives of the location.</param>
    private NginxServer(string location)
        : base((File.Exists(Installed) ? Installed : "nginx", "nginx-light"), "using the \"epoll\"") =>
        this.location = location;

    /// <summary>The address of the registry for clients.</summary>
    public Uri Address => new($"http://127.0.0.1:{Port}{Prefix}/");

    protected override IEnumerable<string> Arguments
    {
        get
        {
            File.WriteAllText(Path.Combine(Data, "nginx.conf"), Configuration());
            return ["-p", Data, "-c", Path.Combine(Data, "nginx.conf"), "-e", "stderr"];
        }
    }

    /// <summary>The directive that forwards the host that the client requested.</summary>
    public const string KeepHost = "proxy_set_header Host $http_host;";

    /// <summary>Starts it.</summary>
    /// <param name="registry">The address of the registry, without a path.</param>
    /// <param name="keepsPrefix">Whether the prefix is forwarded to the registry; otherwise it is removed.</param>
    /// <param name="directives">Additional directives of the location.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
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
            large_client_header_buffers 4 40k;
            client_body_temp_path body;
            proxy_temp_path proxy;
            fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            server {
                listen 127.0.0.1:{{Port}};
                # Browsers request the icon from the root of the host, which is not part of the registry.
                location = /favicon.ico { return 204; }
                location {{Prefix}}/ { {{location}} }
            }
        }
        """;
}
