using Registry.Api.Http;
using Registry.Api.Ui;
using Swashbuckle.AspNetCore.SwaggerUI;

namespace Registry.Api.OpenApi;

/// <summary>The page at <c>/swagger</c>. All that it consists of is in this program: it works where there is no internet.</summary>
internal static class SwaggerPage
{
    /// <summary>
    /// Goes into the head of the page: the icon of the home page, and a way there in place of the bar, which has nothing to choose from. There is one
    /// server: this one.
    /// </summary>
    private const string Head = $$"""
        <link rel="icon" href="..{{IconController.Path}}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <style>
          .swagger-ui .topbar, .swagger-ui .scheme-container { display: none; }
          .swagger-ui .info { margin: 32px 0 24px; }
          .swagger-ui .info .title { font-size: 30px; }
          .swagger-ui .info .description pre { padding: 12px 14px; border: 1px solid #d8dde7; border-radius: 6px; background: #fff; overflow-x: auto; }
          .swagger-ui .info .description pre code, .swagger-ui .markdown code, .swagger-ui .renderedMarkdown code { color: #2b3a4a; font-weight: 500; }
          .swagger-ui .info .description pre code { padding: 0; background: none; white-space: pre; }
          .swagger-ui .opblock { margin: 0 0 7px; }
          .swagger-ui .opblock-tag-section { margin-bottom: 18px; }
        </style>
        """;

    /// <summary>
    /// What the page loads, for <see cref="PageHeaders"/>: its own scripts and styles, and pictures that stand in
    /// these.
    /// </summary>
    private const string Sources =
        "connect-src 'self'; img-src 'self' data:; script-src 'self'; style-src 'self' 'unsafe-inline'";

    /// <summary>Maps the page, which is made when it is first asked for: most registries start without anybody who looks at it.</summary>
    public static void MapSwaggerPage(this IEndpointRouteBuilder routes)
    {
        var page = new Lazy<RequestDelegate>(() => Make(routes.CreateApplicationBuilder()));
        routes.Map("swagger/{**path}", context => page.Value(context));
    }

    private static RequestDelegate Make(IApplicationBuilder pipeline)
    {
        // Found by now, the page may not be taken for one that something after it has still to answer.
        pipeline.Use(static (context, next) =>
        {
            context.SetEndpoint(null);
            PageHeaders.Protect(context.Response, Sources);
            return next(context);
        });
        pipeline.UseSwaggerUI(options =>
        {
            options.RoutePrefix = "swagger";
            options.DocumentTitle = "Application registry: API";
            options.SwaggerEndpoint($"..{OpenApiController.Path}", "Application registry");
            options.ConfigObject.ValidatorUrl = null;
            options.EnableDeepLinking();
            options.DocExpansion(DocExpansion.List);
            options.DefaultModelsExpandDepth(0);
            options.DisplayRequestDuration();
            options.HeadContent = Head;
        });
        return pipeline.Build();
    }
}
