using System.Net;

namespace Registry.Tests.Support;

/// <summary>A started service has yet to read what packages there are.</summary>
internal static class Readiness
{
    /// <summary>Waits until <c>/readyz</c> says that it has.</summary>
    public static async Task UntilReadyAsync(this HttpClient registry, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var answer = await registry.GetAsync("/readyz", cancellationToken);
            if (answer.StatusCode == HttpStatusCode.OK)
                return;
            await Task.Delay(20, cancellationToken);
        }
    }
}
