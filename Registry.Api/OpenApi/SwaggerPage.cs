using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;
using NSwag.AspNetCore;
using Registry.Api.Http;
using Registry.Api.Ui;

namespace Registry.Api.OpenApi;

/// <summary>
/// The page at <c>/swagger</c>. All that it consists of is in this program: it works where there is no internet.
/// </summary>
internal static class SwaggerPage
{
    private const string Root = "/swagger";
    private const string Index = "index.html";

    /// <summary>
    /// Goes into the head of the page: the icon of the home page, and styles that hide the bar and the choice of a
    /// server, which have nothing to choose from. There is one server: this one.
    /// </summary>
    private const string Head = $$"""
        <link rel="icon" href="..{{IconController.Path}}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <style>
          .swagger-ui .topbar, .swagger-ui .scheme-container { display: none; }
          .swagger-ui .info { margin: 32px 0 24px; }
          .swagger-ui .info .title { font-size: 30px; }
          .swagger-ui .info .description pre {
            padding: 12px 14px; border: 1px solid #d8dde7; border-radius: 6px; background: #fff; overflow-x: auto;
          }
          .swagger-ui .info .description pre code, .swagger-ui .markdown code, .swagger-ui .renderedMarkdown code {
            color: #2b3a4a; font-weight: 500;
          }
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
        "connect-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'";

    /// <summary>
    /// Maps the page, which is made when it is first asked for: most registries start without anybody who looks at it.
    /// </summary>
    public static void MapSwaggerPage(this IEndpointRouteBuilder routes)
    {
        var page = new Lazy<RequestDelegate>(() => Make(routes.CreateApplicationBuilder()));
        routes.MapMethods(
            $"{Root}/{{**path}}", [HttpMethods.Get, HttpMethods.Head], context => page.Value(context));
    }

    private static RequestDelegate Make(IApplicationBuilder pipeline)
    {
        pipeline.Use(static (context, next) =>
        {
            // Found by now, the page may not be taken for one that something after it has still to answer.
            context.SetEndpoint(null);
            PageHeaders.Protect(context.Response, Sources);
            context.Response.Headers.CacheControl = "no-cache";
            var path = context.Request.Path.Value!;
            if (path.TrimEnd('/') != Root)
            {
                // The library takes "index.html/" for the page, whose relative addresses would then lead nowhere.
                if (!path.EndsWith('/'))
                    return next(context);
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            }

            // Relative: a proxy may have removed a prefix without telling the registry.
            context.Response.Redirect(path.EndsWith('/') ? Index : $"{Root[1..]}/{Index}", permanent: true);
            return Task.CompletedTask;
        });
        pipeline.UseMiddleware<ResponseCompressionMiddleware>(new ResponseCompressionProvider(
            pipeline.ApplicationServices, Options.Create(new ResponseCompressionOptions { EnableForHttps = true })));
        pipeline.Use(AllowInlineScriptAsync);
        pipeline.UseSwaggerUi(static page =>
        {
            page.Path = Root;
            page.TransformToExternalPath = static (path, _) => path;
            page.DocumentTitle = $"{DocumentInfo.Title}: API";
            // Nobody logs in.
            page.OAuth2Client = new OAuth2ClientSettings { ClientId = "", ClientSecret = "" };
            page.SwaggerRoutes.Add(new SwaggerUiRoute(DocumentInfo.Title, $"..{OpenApiController.Path}"));
            page.DocExpansion = "list";
            page.DefaultModelsExpandDepth = 0;
            page.AdditionalSettings["displayRequestDuration"] = true;
            page.CustomHeadContent = Head;
        });
        return pipeline.Build();
    }

    /// <summary>Allows the inline script that starts the page by its hash. There is no other.</summary>
    private static async Task AllowInlineScriptAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path != $"{Root}/{Index}")
        {
            await next(context);
            return;
        }

        var (response, client) = (context.Response, context.Response.Body);
        using var page = new MemoryStream();
        response.Body = page;
        try
        {
            await next(context);
        }
        finally
        {
            response.Body = client;
        }

        var html = page.ToArray();
        var script = Convert.ToBase64String(SHA256.HashData(InlineScriptOf(html)));
        PageHeaders.Protect(response, $"{Sources} 'sha256-{script}'");
        var tag = ConditionalHeaders.Quote(Convert.ToHexStringLower(SHA256.HashData(html)));
        if (await ConditionalHeaders.TryAnswerAsync(context, tag))
            return;
        response.Headers.ETag = tag;
        await response.Body.WriteAsync(html, context.RequestAborted);
    }

    /// <summary>The script as browsers hash it, with line feeds alone.</summary>
    /// <exception cref="InvalidOperationException">There is none: the library has changed its page.</exception>
    private static byte[] InlineScriptOf(byte[] html)
    {
        const string Start = "<script>";
        var text = Encoding.UTF8.GetString(html);
        var from = text.IndexOf(Start, StringComparison.Ordinal);
        var to = text.LastIndexOf("</script>", StringComparison.Ordinal);
        return from < 0 || to < from
            ? throw new InvalidOperationException("The page of Swagger UI has no script in its text.")
            : Encoding.UTF8.GetBytes(text[(from + Start.Length)..to].ReplaceLineEndings("\n"));
    }
}
