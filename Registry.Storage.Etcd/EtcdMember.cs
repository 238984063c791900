using System.Net;
using Etcdserverpb;
using Grpc.Net.Client;

namespace Registry.Storage.Etcd;

/// <summary>
/// One member of the cluster: etcd's services over one channel. A channel with an <see cref="HttpClient"/> and no
/// service configuration sends each call once and immediately. It has no retries, load balancing or backoff:
/// <see cref="EtcdClient"/> decides about retries.
/// </summary>
internal sealed class EtcdMember : IDisposable
{
    /// <summary>
    /// The maximum size of a response in bytes. A page of 1,000 entries with the longest keys has about 1.5 MB.
    /// </summary>
    private const int MaxResponseBytes = 16 * 1024 * 1024;

    private readonly GrpcChannel channel;

    /// <param name="endpoint">The client URL of the member.</param>
    /// <param name="http">The HTTP client, which members may share. The caller disposes it.</param>
    public EtcdMember(Uri endpoint, HttpClient http)
    {
        Endpoint = endpoint;
        channel = GrpcChannel.ForAddress(
            endpoint,
            new GrpcChannelOptions
            {
                HttpClient = http,
                HttpVersion = HttpVersion.Version20,
                HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact,
                MaxReceiveMessageSize = MaxResponseBytes,
            });
        var invoker = channel.CreateCallInvoker();
        Kv = new KV.KVClient(invoker);
        Auth = new Auth.AuthClient(invoker);
        Maintenance = new Maintenance.MaintenanceClient(invoker);
    }

    public Uri Endpoint { get; }

    public KV.KVClient Kv { get; }

    public Auth.AuthClient Auth { get; }

    public Maintenance.MaintenanceClient Maintenance { get; }

    public void Dispose() => channel.Dispose();
}
