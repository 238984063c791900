namespace Registry.Storage.Etcd;

/// <summary>
/// Overrides the host name of requests. With TLS, the certificate of the server must contain that name.
/// </summary>
internal sealed class ServerNameHandler(string serverName, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Host = serverName;
        return base.SendAsync(request, cancellationToken);
    }
}
