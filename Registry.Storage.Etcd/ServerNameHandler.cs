namespace Registry.Storage.Etcd;

/// <summary>Asks for a server by a name of its own: with TLS, its certificate must bear that name.</summary>
internal sealed class ServerNameHandler(string serverName, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Host = serverName;
        return base.SendAsync(request, cancellationToken);
    }
}
