using Registry.Api.Pages;

namespace Registry.Api.OpenApi;

/// <summary>What the page at <c>/swagger</c> has beyond Swagger UI's own.</summary>
internal static class SwaggerPage
{
    /// <summary>
    /// Goes into the head of the page: the icon of the home page, and a way there in place of the bar, which has nothing to choose from. There is one
    /// server: this one.
    /// </summary>
    public const string Head = $$"""
        <link rel="icon" href="{{IconController.Path}}">
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
}
