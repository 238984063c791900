using System.Security.Cryptography;
using System.Text;
using NSwag.Generation.AspNetCore;

namespace Registry.Api.OpenApi;

/// <summary>
/// The documents as they are sent: each made once, when first asked for, as it is the same for everybody. NSwag is
/// called directly, because its registration as a service would add work to every start.
/// </summary>
internal sealed class OpenApiText(IServiceProvider services)
{
    // NSwag works for a second without ever waiting. Without a task of its own it would do so within the lock of Lazy,
    // and every request that asks meanwhile would hold a thread.
    private readonly Lazy<Task<Text>> whole =
        new(() => Task.Run(() => WriteAsync(OpenApiSettings.Whole(), services)));

    private readonly Lazy<Task<Text>> forClients =
        new(() => Task.Run(() => WriteAsync(OpenApiSettings.ForClients(), services)));

    /// <summary>The document of the whole API.</summary>
    public Task<Text> Whole => whole.Value;

    /// <summary>The document for generators of clients.</summary>
    public Task<Text> ForClients => forClients.Value;

    private static async Task<Text> WriteAsync(
        AspNetCoreOpenApiDocumentGeneratorSettings settings, IServiceProvider services)
    {
        var document = await new AspNetCoreOpenApiDocumentGenerator(settings).GenerateAsync(services);
        var content = Encoding.UTF8.GetBytes(document.ToJson());
        return new Text(content, Convert.ToHexStringLower(SHA256.HashData(content)));
    }

    /// <summary>One of them.</summary>
    /// <param name="Content">JSON in UTF-8.</param>
    /// <param name="Tag">What its entity tag is made of.</param>
    internal sealed record Text(ReadOnlyMemory<byte> Content, string Tag);
}
