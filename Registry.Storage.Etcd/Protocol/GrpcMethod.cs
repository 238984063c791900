using Google.Protobuf;

namespace Registry.Storage.Etcd.Protocol;

/// <summary>A unary method of etcd's API.</summary>
/// <param name="Path">Service and method, as they stand in the request's path.</param>
/// <param name="Parser">Reads the answer.</param>
internal sealed record GrpcMethod<TRequest, TResponse>(string Path, MessageParser<TResponse> Parser)
    where TRequest : IMessage
    where TResponse : IMessage<TResponse>;

/// <summary>The methods that the registry calls.</summary>
internal static class EtcdMethods
{
    public static GrpcMethod<RangeRequest, RangeResponse> Range { get; } = new("/etcdserverpb.KV/Range", RangeResponse.Parser);

    public static GrpcMethod<TxnRequest, TxnResponse> Txn { get; } = new("/etcdserverpb.KV/Txn", TxnResponse.Parser);

    public static GrpcMethod<AuthenticateRequest, AuthenticateResponse> Authenticate { get; } =
        new("/etcdserverpb.Auth/Authenticate", AuthenticateResponse.Parser);

    public static GrpcMethod<StatusRequest, StatusResponse> Status { get; } = new("/etcdserverpb.Maintenance/Status", StatusResponse.Parser);
}
