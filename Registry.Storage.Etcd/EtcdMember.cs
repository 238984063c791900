using System.Net;
using Etcdserverpb;
using Grpc.Net.Client;

namespace Registry.Storage.Etcd;

/// <summary>
/// One member of the cluster: etcd's services over a channel of their own.
/// A channel that is given an <see cref="HttpClient"/> and no service configuration sends each call once and at once.
/// It has no retries, no load balancing and no backoff: <see cref="EtcdClient"/> decides what is repeated, and where.
/// </summary>
internal sealed class EtcdMember : IDisposable
{
    /// <summary>The longest answer, in bytes. A page of 1,000 entries with the longest keys has about 1.5 MB.</summary>
    private const int MaxAnswerBytes = 16 * 1024 * 1024;

    private readonly GrpcChannel channel;

    /// <param name="endpoint">The client address of the member.</param>
    /// <param name="http">The connections, which several members may share. Its owner disposes it.</param>
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
                MaxReceiveMessageSize = MaxAnswerBytes,
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
