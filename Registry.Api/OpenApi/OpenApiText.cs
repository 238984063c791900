using System.Security.Cryptography;
using System.Text;
using NSwag.Generation;

namespace Registry.Api.OpenApi;

/// <summary>The documents as they are sent: each made once, when first asked for, as it is the same for everybody.</summary>
internal sealed class OpenApiText(IOpenApiDocumentGenerator generator)
{
    /// <summary>The name of the document of the whole API.</summary>
    public const string Whole = "v1";

    /// <summary>The name of the document for generators of clients.</summary>
    public const string ForClients = "client";

    private readonly Dictionary<string, Lazy<Task<Text>>> texts = new[] { Whole, ForClients }
        .ToDictionary(static name => name, name => new Lazy<Task<Text>>(() => WriteAsync(generator, name)));

    /// <summary>A document by its name.</summary>
    public Task<Text> GetAsync(string name) => texts[name].Value;

    private static async Task<Text> WriteAsync(IOpenApiDocumentGenerator generator, string name)
    {
        var document = await generator.GenerateAsync(name);
        var content = Encoding.UTF8.GetBytes(document.ToJson());
        return new Text(content, Convert.ToHexStringLower(SHA256.HashData(content)));
    }

    /// <summary>One of them.</summary>
    /// <param name="Content">JSON in UTF-8.</param>
    /// <param name="Tag">What its entity tag is made of.</param>
    internal sealed record Text(ReadOnlyMemory<byte> Content, string Tag);
}
