using Namotion.Reflection;
using NJsonSchema;
using NJsonSchema.Generation;
using NJsonSchema.Generation.TypeMappers;
using NSwag;
using NSwag.Generation.AspNetCore;
using Registry.Api.Cnr;
using Registry.Api.Health;
using Registry.Core.Content;

namespace Registry.Api.OpenApi;

/// <summary>The settings of NSwag for each document.</summary>
internal static class OpenApiSettings
{
    /// <summary>Creates the settings for the document of the whole API.</summary>
    /// <param name="requiresScopes">Whether requests need credentials.</param>
    public static AspNetCoreOpenApiDocumentGeneratorSettings Whole(bool requiresScopes)
    {
        var settings = Describe(DocumentInfo.Text, static operation => operation.IsShown, requiresScopes);
        // Relative to the document, so that it also works behind a path prefix.
        settings.PostProcess = static document =>
            document.Servers.Add(new OpenApiServer { Url = "..", Description = "This registry" });
        return settings;
    }

    /// <summary>Creates the settings for the document for client generators.</summary>
    /// <param name="requiresScopes">Whether requests need credentials.</param>
    public static AspNetCoreOpenApiDocumentGeneratorSettings ForClients(bool requiresScopes)
    {
        var settings = Describe(
            DocumentInfo.ClientText, static operation => operation.IsForClients, requiresScopes);
        settings.DocumentProcessors.Add(new ClientDocumentProcessor());
        return settings;
    }

    private static AspNetCoreOpenApiDocumentGeneratorSettings Describe(
        string text, Func<OperationDescription, bool> shows, bool requiresScopes)
    {
        var settings = new AspNetCoreOpenApiDocumentGeneratorSettings
        {
            Title = DocumentInfo.Title,
            Version = ProductVersion.Text,
            Description = text,
        };
        settings.SchemaSettings = new SystemTextJsonSchemaGeneratorSettings
        {
            SchemaType = SchemaType.OpenApi3,
            // The names of members come from the serializer of the responses, not from MVC.
            SerializerOptions = CnrJsonContext.Default.Options,
            XmlDocumentationFormatting = XmlDocsFormattingMode.Markdown,
            SchemaNameGenerator = new SchemaNames(),
            SchemaProcessors = { new ExampleSchemaProcessor() },
            // Raw JSON may be any value.
            TypeMappers =
            {
                new PrimitiveTypeMapper(typeof(RawJson), static schema => schema.Type = JsonObjectType.None),
            },
        };
        settings.AddOperationFilter(
            context => shows(OperationDescription.Of(((AspNetCoreOperationProcessorContext)context).ApiDescription)));
        settings.OperationProcessors.Add(new DescriptionProcessor(requiresScopes));
        settings.DocumentProcessors.Add(new RegistryDocumentProcessor());
        if (requiresScopes)
            settings.DocumentProcessors.Add(new SecurityProcessor());
        return settings;
    }
}
