namespace Registry.Bench.Load.Processes;

/// <summary>Starts the servers of a run, each with its own folder.</summary>
/// <param name="root">The root folder of the sources.</param>
/// <param name="folder">The temporary folder of the run.</param>
internal sealed class Servers(string root, string folder)
{
    private int count;

    /// <summary>Creates a new folder.</summary>
    public string NewFolder(
        string name) => Directory.CreateDirectory(Path.Combine(folder, $"{++count}-{name}")).FullName;

    /// <summary>
    /// Starts a registry as in production, with the default log level and its log in a file, and waits.
    /// </summary>
    /// <param name="settings">The storage settings and other non-default settings.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    public async Task<ServerProcess> RegistryAsync(
        IEnumerable<(string Name, string Value)> settings, CancellationToken cancellationToken)
    {
        var server = LaunchRegistry(settings);
        await server.WaitForResponseAsync("/readyz", cancellationToken);
        return server;
    }

    /// <summary>Starts another version of the registry, and waits.</summary>
    /// <param name="folder">The folder with its assemblies.</param>
    /// <param name="settings">The storage settings and other non-default settings.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    public async Task<ServerProcess> OtherVersionAsync(
        string folder, IEnumerable<(string Name, string Value)> settings, CancellationToken cancellationToken)
    {
        var server = Launch(Path.Combine(folder, "Registry.Api.dll"), [], settings);
        await server.WaitForResponseAsync("/readyz", cancellationToken);
        return server;
    }

    /// <summary>Starts a registry without waiting.</summary>
    public ServerProcess LaunchRegistry(IEnumerable<(string Name, string Value)> settings) =>
        Launch("Registry.Api/bin/Release/net10.0/Registry.Api.dll", [], settings);

    /// <summary>Starts the bare application and waits.</summary>
    /// <param name="files">The folder to serve.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    public async Task<ServerProcess> BaselineAsync(string files, CancellationToken cancellationToken)
    {
        var server = LaunchBaseline(files);
        await server.WaitForPortAsync(cancellationToken);
        return server;
    }

    /// <summary>Starts the bare application without waiting.</summary>
    public ServerProcess LaunchBaseline(string files) => Launch(
        "bench/Baseline/bin/Release/net10.0/Registry.Bench.Baseline.dll",
        [$"--files={files}", $"--pushed={NewFolder("pushed")}"],
        // Its pushes block pool threads on the disk. The value is hexadecimal: twice the number of clients.
        [("DOTNET_ThreadPool_ForceMinWorkerThreads", "40")]);

    /// <summary>Starts nginx with a worker per core and no log.</summary>
    /// <param name="files">The folder to serve.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    public async Task<ServerProcess> NginxAsync(string files, CancellationToken cancellationToken)
    {
        var (own, port) = (NewFolder("nginx"), ServerProcess.FreePort());
        var user = Environment.UserName == "root" ? "user root;" : "";
        await File.WriteAllTextAsync(
            Path.Combine(own, "nginx.conf"),
            $$"""
            daemon off; {{user}} worker_processes auto; pid {{own}}/pid; error_log stderr;
            events { worker_connections 1024; }
            http {
                access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; open_file_cache max=100;
                client_body_temp_path {{own}}; proxy_temp_path {{own}}; fastcgi_temp_path {{own}}; uwsgi_temp_path {{own}}; scgi_temp_path {{own}};
                server { listen 127.0.0.1:{{port}}; root {{files}}; }
            }
            """,
            cancellationToken);
        var server = ServerProcess.Launch(
            ["nginx", "-c", Path.Combine(own, "nginx.conf"), "-e", "stderr"], port, Path.Combine(own, "log"));
        await server.WaitForPortAsync(cancellationToken);
        return server;
    }

    /// <summary>
    /// Starts the registry of CNCF Distribution, version 2.8 of Debian, on a folder and without a log.
    /// </summary>
    public async Task<ServerProcess> DockerRegistryAsync(CancellationToken cancellationToken)
    {
        var (own, port) = (NewFolder("docker-registry"), ServerProcess.FreePort());
        await File.WriteAllTextAsync(
            Path.Combine(own, "config.yml"),
            $$"""
            version: 0.1
            log: { level: error, accesslog: { disabled: true } }
            storage: { filesystem: { rootdirectory: "{{own}}/data" }, cache: { blobdescriptor: inmemory } }
            http: { addr: "127.0.0.1:{{port}}" }
            """,
            cancellationToken);
        var server = ServerProcess.Launch(
            ["docker-registry", "serve", Path.Combine(own, "config.yml")], port, Path.Combine(own, "log"));
        await server.WaitForResponseAsync("/v2/", cancellationToken);
        return server;
    }

    /// <summary>Starts Redis as documented, with every write flushed.</summary>
    public async Task<ServerProcess> RedisAsync(CancellationToken cancellationToken)
    {
        var (own, port) = (NewFolder("redis"), ServerProcess.FreePort());
        var server = ServerProcess.Launch(
            [
                "redis-server", "--bind", "127.0.0.1", "--port", $"{port}", "--dir", own, "--save", "", "--appendonly",
                "yes", "--appendfsync", "always"
            ],
            port,
            Path.Combine(own, "log"));
        await server.WaitForPortAsync(cancellationToken);
        return server;
    }

    /// <summary>Starts a standalone etcd.</summary>
    public async Task<ServerProcess> EtcdAsync(CancellationToken cancellationToken)
    {
        var (own, port, peer) = (NewFolder("etcd"), ServerProcess.FreePort(), ServerProcess.FreePort());
        string[] addresses =
        [
            $"--listen-client-urls=http://127.0.0.1:{port}", $"--advertise-client-urls=http://127.0.0.1:{port}",
            $"--listen-peer-urls=http://127.0.0.1:{peer}", $"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
            $"--initial-cluster=default=http://127.0.0.1:{peer}",
        ];
        var server = ServerProcess.Launch(
            [
                "etcd", $"--data-dir={own}/data", "--quota-backend-bytes=8000000000", .. addresses
            ], port, Path.Combine(own, "log"));
        await server.WaitForResponseAsync("/health", cancellationToken);
        return server;
    }

    private ServerProcess Launch(
        string assembly, IEnumerable<string> arguments, IEnumerable<(string Name, string Value)> settings)
    {
        var (own, port) = (NewFolder("log"), ServerProcess.FreePort());
        return ServerProcess.Launch(
            [
                "dotnet", Path.Combine(root, assembly), $"--urls=http://127.0.0.1:{port}", .. arguments
            ], port, Path.Combine(own, "log"), settings);
    }
}
