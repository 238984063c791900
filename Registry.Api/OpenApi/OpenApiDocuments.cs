using System.Security.Cryptography;
using System.Text;
using NSwag.Generation.AspNetCore;
using Registry.Api.Access;

namespace Registry.Api.OpenApi;

/// <summary>
/// The OpenAPI documents as JSON. Each is generated once, at the first request. NSwag is called directly, because its
/// registration as a service would slow down every startup.
/// </summary>
internal sealed class OpenApiDocuments(IServiceProvider services)
{
    // NSwag runs synchronously for about a second. Without Task.Run it would do so within the lock of Lazy, and block a
    // thread for every concurrent request.
    private readonly Lazy<Task<Document>> whole =
        new(() => Task.Run(() => WriteAsync(OpenApiSettings.Whole(RequiresScopes(services)), services)));

    private readonly Lazy<Task<Document>> forClients =
        new(() => Task.Run(() => WriteAsync(OpenApiSettings.ForClients(RequiresScopes(services)), services)));

    /// <summary>The document of the whole API.</summary>
    public Task<Document> Whole => whole.Value;

    /// <summary>The document for client generators.</summary>
    public Task<Document> ForClients => forClients.Value;

    private static bool RequiresScopes(IServiceProvider services) =>
        services.GetRequiredService<AccessOptions>().RequiresScopes;

    private static async Task<Document> WriteAsync(
        AspNetCoreOpenApiDocumentGeneratorSettings settings, IServiceProvider services)
    {
        var document = await new AspNetCoreOpenApiDocumentGenerator(settings).GenerateAsync(services);
        var content = Encoding.UTF8.GetBytes(document.ToJson());
        return new Document(content, Convert.ToHexStringLower(SHA256.HashData(content)));
    }

    /// <summary>A document.</summary>
    /// <param name="Content">The JSON, in UTF-8.</param>
    /// <param name="Tag">The sha256 of the content, for the entity tag.</param>
    internal sealed record Document(ReadOnlyMemory<byte> Content, string Tag);
}
