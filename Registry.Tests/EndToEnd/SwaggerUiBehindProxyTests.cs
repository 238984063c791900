using Registry.Tests.Support.Servers;

namespace Registry.Tests.EndToEnd;

/// <summary>The page under a path of an nginx that does not forward the prefix.</summary>
public sealed class SwaggerUiBehindProxyTests : SwaggerUiTest
{
    private NginxServer? nginx;

    protected override async Task<Uri> PublishAsync(Uri registry)
    {
        nginx = await NginxServer.StartAsync(
            registry, keepsPrefix: false, "proxy_set_header Host $http_host;", CancellationToken.None);
        return nginx.Address;
    }

    protected override async ValueTask UnpublishAsync()
    {
        if (nginx is not null)
            await nginx.DisposeAsync();
    }
}
