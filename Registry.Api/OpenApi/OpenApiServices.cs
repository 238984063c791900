using Microsoft.OpenApi;
using Registry.Api.Cnr;
using Registry.Core.Content;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Registry.Api.OpenApi;

/// <summary>Adds the document of the API at <c>/openapi/v1.json</c>, and the page at <c>/swagger</c> to try it out.</summary>
internal static class OpenApiServices
{
    /// <summary>Adds what makes the document.</summary>
    public static IServiceCollection AddOpenApiDocument(this IServiceCollection services)
    {
        services.AddSwaggerGen(options =>
        {
            options.SwaggerDoc(OpenApiText.Version, DocumentInfo.Describe());
            // Relative to the document, so that a path prefix of a proxy needs no setting.
            options.AddServer(new OpenApiServer { Url = "..", Description = "This registry" });
            options.IncludeXmlComments(typeof(OpenApiServices).Assembly);
            options.MapType<RawJson>(() => new OpenApiSchema());
            options.CustomSchemaIds(DescribeSchema.NameOf);
            options.DocInclusionPredicate((_, api) => OperationDescription.IsShown(api));
            options.CustomOperationIds(api => OperationDescription.Of(api).Id);
            options.TagActionsBy(api => [OperationDescription.Of(api).Tag]);
            options.OrderActionsBy(api => OperationDescription.Of(api).SortKey);
            options.SchemaFilter<DescribeSchema>();
            options.ParameterFilter<DescribeParameter>();
            options.OperationFilter<DescribeOperation>();
            options.DocumentFilter<DescribeDocument>();
        });
        // The wire forms speak for themselves: names as their serializer writes them, not as MVC's would.
        services.AddSingleton<ISerializerDataContractResolver>(new JsonSerializerDataContractResolver(CnrJsonContext.Default.Options));
        services.AddSingleton<OpenApiText>();
        return services;
    }
}
