using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.Swagger;

namespace Registry.Api.OpenApi;

/// <summary>The document as it is sent: made once, when first asked for, as it is the same for everybody.</summary>
internal sealed class OpenApiText(ISwaggerProvider provider)
{
    /// <summary>The document's name among those that one application may have.</summary>
    public const string Version = "v1";

    private readonly Lazy<byte[]> content = new(() => Write(provider.GetSwagger(Version)));

    /// <summary>JSON in UTF-8.</summary>
    public ReadOnlyMemory<byte> Content => content.Value;

    /// <summary>What its entity tag is made of.</summary>
    public string Tag => Convert.ToHexStringLower(SHA256.HashData(Content.Span));

    /// <summary>OpenAPI 3.0, which more generators read than 3.1, and whose way to describe a file is the plainest.</summary>
    private static byte[] Write(OpenApiDocument document)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        document.SerializeAs(OpenApiSpecVersion.OpenApi3_0, new OpenApiJsonWriter(text));
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
