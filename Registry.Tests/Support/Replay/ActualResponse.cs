using System.Net.Http.Headers;

namespace Registry.Tests.Support.Replay;

/// <summary>A response of this registry.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">All headers, including content headers; equal names joined by a comma.</param>
/// <param name="Body">The body; empty for none.</param>
internal sealed record ActualResponse(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>The Host header of all requests, whatever the address.</summary>
    public const string Host = "registry.example";

    /// <summary>Sends a request unchanged: the path is neither unescaped nor normalized.</summary>
    public static async Task<ActualResponse> SendAsync(
        HttpClient client, ReplayStep step, CancellationToken cancellationToken)
    {
        var address = new Uri(
            client.BaseAddress!.GetLeftPart(UriPartial.Authority)
                + step.Path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(new HttpMethod(step.Method), address);
        request.Headers.Host = Host;
        if (step.Body is not null)
            request.Content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(step.Body));
        foreach (var (name, value) in step.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content?.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await client.SendAsync(request, cancellationToken);
        return new ActualResponse(
            (int)response.StatusCode,
            All(response.Headers, response.Content.Headers),
            await response.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    private static Dictionary<string, string> All(params HttpHeaders[] headers) => headers
        .SelectMany(of => of.NonValidated)
        .ToDictionary(
            header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
}
