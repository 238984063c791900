using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Registry.Api.OpenApi;

/// <summary>Adds what operations refer to, and the groups.</summary>
internal sealed class DescribeDocument : IDocumentFilter
{
    /// <inheritdoc/>
    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
    {
        ErrorParts.AddTo(swaggerDoc);
        HeaderParts.AddTo(swaggerDoc);
        swaggerDoc.Tags = new HashSet<OpenApiTag>(DocumentInfo.Tags());
    }
}
