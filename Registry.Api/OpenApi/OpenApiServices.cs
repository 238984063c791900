using Namotion.Reflection;
using NJsonSchema;
using NJsonSchema.Generation;
using NJsonSchema.Generation.TypeMappers;
using NSwag;
using NSwag.Generation.AspNetCore;
using Registry.Api.Cnr;
using Registry.Core.Content;

namespace Registry.Api.OpenApi;

/// <summary>Adds the documents of the API below <c>/openapi</c>, and the page at <c>/swagger</c> to try it out.</summary>
internal static class OpenApiServices
{
    /// <summary>Adds what makes the documents.</summary>
    public static IServiceCollection AddOpenApiDocuments(this IServiceCollection services)
    {
        services.AddOpenApiDocument(static settings =>
        {
            Describe(settings, OpenApiText.Whole, DocumentInfo.Text, static operation => operation.IsShown);
            // Relative to the document, so that a path prefix of a proxy needs no setting.
            settings.PostProcess = static document =>
                document.Servers.Add(new OpenApiServer { Url = "..", Description = "This registry" });
        });
        services.AddOpenApiDocument(static settings =>
        {
            Describe(
                settings, OpenApiText.ForClients, DocumentInfo.ClientText, static operation => operation.IsForClients);
            settings.DocumentProcessors.Add(new DescribeForClients());
        });
        services.AddSingleton<OpenApiText>();
        return services;
    }

    private static void Describe(
        AspNetCoreOpenApiDocumentGeneratorSettings settings,
        string name,
        string text,
        Func<OperationDescription, bool> shows)
    {
        settings.SchemaSettings = new SystemTextJsonSchemaGeneratorSettings
        {
            SchemaType = SchemaType.OpenApi3,
            // The wire forms speak for themselves: names as their serializer writes them, not as MVC's would.
            SerializerOptions = CnrJsonContext.Default.Options,
            XmlDocumentationFormatting = XmlDocsFormattingMode.Markdown,
            SchemaNameGenerator = new WireForms(),
            SchemaProcessors = { new DescribeSchema() },
            // Any JSON, and so no type.
            TypeMappers =
            {
                new PrimitiveTypeMapper(typeof(RawJson), static schema => schema.Type = JsonObjectType.None),
            },
        };
        (settings.DocumentName, settings.Description) = (name, text);
        (settings.Title, settings.Version) = (DocumentInfo.Title, DocumentInfo.Version);
        settings.AddOperationFilter(
            context => shows(OperationDescription.Of(((AspNetCoreOperationProcessorContext)context).ApiDescription)));
        settings.OperationProcessors.Add(new DescribeOperation());
        settings.DocumentProcessors.Add(new DescribeDocument());
    }
}
