using System.Text.RegularExpressions;
using Registry.Bench.Load.Processes;

namespace Registry.Bench.Load.Cases;

/// <summary>Saves responses of the registry, so that the references return the same.</summary>
internal static partial class Responses
{
    /// <summary>Saves the body of a response as a file.</summary>
    /// <returns>The first digest in it; empty if there is none.</returns>
    public static async Task<string> SaveAsync(
        this ServerProcess server,
        string path,
        string folder,
        string name,
        CancellationToken cancellationToken,
        string? encoding = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (encoding is not null)
            request.Headers.Add("Accept-Encoding", encoding);
        using var response = (await server.Client.SendAsync(request, cancellationToken)).EnsureSuccessStatusCode();
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        await using (var file = File.Create(Path.Combine(folder, name)))
            await file.WriteAsync(body, cancellationToken);
        return Digest().Match(System.Text.Encoding.UTF8.GetString(body)).Value;
    }

    /// <summary>Returns the entity tag of a response, with its quotes.</summary>
    public static async Task<string> TagAsync(
        this ServerProcess server, string path, CancellationToken cancellationToken)
    {
        using var response = (await server.Client.GetAsync(path, cancellationToken)).EnsureSuccessStatusCode();
        return response.Headers.ETag!.Tag;
    }

    [GeneratedRegex("(?<=\"digest\":\")[0-9a-f]{64}")]
    private static partial Regex Digest();
}
