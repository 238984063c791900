using System.Net;

namespace Registry.Tests.Support;

/// <summary>Waits for a service to load its packages after startup.</summary>
internal static class Readiness
{
    /// <summary>Waits until <c>/readyz</c> returns 200.</summary>
    public static async Task UntilReadyAsync(this HttpClient registry, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var response = await registry.GetAsync("/readyz", cancellationToken);
            if (response.StatusCode == HttpStatusCode.OK)
                return;
            await Task.Delay(20, cancellationToken);
        }
    }
}
