using NSwag;
using NSwag.Generation.Processors;
using NSwag.Generation.Processors.Contexts;

namespace Registry.Api.OpenApi;

/// <summary>Describes the credentials of requests. Swagger UI then shows the button "Authorize".</summary>
internal sealed class SecurityProcessor : IDocumentProcessor
{
    private const string Bearer = "token";
    private const string Basic = "password";

    /// <inheritdoc/>
    public void Process(DocumentProcessorContext context)
    {
        var document = context.Document;
        document.SecurityDefinitions[Bearer] = new OpenApiSecurityScheme
        {
            Type = OpenApiSecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "A token of the registry.",
        };
        document.SecurityDefinitions[Basic] = new OpenApiSecurityScheme
        {
            Type = OpenApiSecuritySchemeType.Http,
            Scheme = "basic",
            Description = "A token of the registry as the password of any user.",
        };

        // One of the two, or none: what clients without credentials may do is a setting.
        document.Security.Add(new OpenApiSecurityRequirement { [Bearer] = [] });
        document.Security.Add(new OpenApiSecurityRequirement { [Basic] = [] });
        document.Security.Add([]);
    }
}
