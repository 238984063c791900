using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;
using NSwag.AspNetCore;
using Registry.Api.Access;
using Registry.Api.Http;
using Registry.Api.Ui;

namespace Registry.Api.OpenApi;

/// <summary>
/// Swagger UI at <c>/swagger</c>. All of its files are embedded, so that it works without internet access.
/// </summary>
internal static class SwaggerPage
{
    private const string Root = "/swagger";
    private const string Index = "index.html";

    /// <summary>
    /// Added to the head of the page: the icon of the home page, and styles that hide the top bar and the list of
    /// servers, because there is only one.
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
    /// Added where requests need credentials: the bar shows its button "Authorize", and not the list of servers.
    /// </summary>
    private const string HeadForTokens = """
        <style>
          .swagger-ui .scheme-container { display: block; }
          .swagger-ui .scheme-container .schemes-server-container { display: none; }
        </style>
        """;

    /// <summary>
    /// The sources that the page may load, for <see cref="PageHeaders"/>: its own scripts and styles, and the images
    /// embedded in them.
    /// </summary>
    private const string Sources =
        "form-action 'none'; connect-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
            + "script-src 'self'";

    /// <summary>
    /// Maps the page. It is created at the first request, because most registries never serve it.
    /// </summary>
    public static void MapSwaggerPage(this IEndpointRouteBuilder routes)
    {
        var page = new Lazy<RequestDelegate>(() => Build(routes.CreateApplicationBuilder()));
        routes.MapMethods(
            $"{Root}/{{**path}}", [HttpMethods.Get, HttpMethods.Head], context => page.Value(context))
            .WithMetadata(new PublicAttribute());
    }

    private static RequestDelegate Build(IApplicationBuilder pipeline)
    {
        pipeline.Use(static (context, next) =>
        {
            // The static file middleware ignores requests that have an endpoint.
            context.SetEndpoint(null);
            PageHeaders.Protect(context.Response, Sources);
            context.Response.Headers.CacheControl = "no-cache";
            var path = context.Request.Path.Value!;
            if (path.TrimEnd('/') != Root)
            {
                // The library serves the page at "index.html/" too, where its relative URLs would be broken.
                if (!path.EndsWith('/'))
                    return next(context);
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            }

            // The redirect is relative, because a proxy may have removed a prefix that the registry does not know.
            context.Response.Redirect(path.EndsWith('/') ? Index : $"{Root[1..]}/{Index}", permanent: true);
            return Task.CompletedTask;
        });
        pipeline.UseMiddleware<ResponseCompressionMiddleware>(new ResponseCompressionProvider(
            pipeline.ApplicationServices, Options.Create(new ResponseCompressionOptions { EnableForHttps = true })));
        pipeline.Use(AllowInlineScriptAsync);
        var requiresScopes = pipeline.ApplicationServices.GetRequiredService<AccessOptions>().RequiresScopes;
        pipeline.UseSwaggerUi(page =>
        {
            page.Path = Root;
            page.TransformToExternalPath = static (path, _) => path;
            page.DocumentTitle = $"{DocumentInfo.Title}: API";
            // There is no login by OAuth.
            page.OAuth2Client = new OAuth2ClientSettings { ClientId = "", ClientSecret = "" };
            page.SwaggerRoutes.Add(new SwaggerUiRoute(DocumentInfo.Title, $"..{OpenApiController.Path}"));
            page.DocExpansion = "list";
            page.DefaultModelsExpandDepth = 0;
            page.AdditionalSettings["displayRequestDuration"] = true;
            page.CustomHeadContent = requiresScopes ? Head + HeadForTokens : Head;
        });
        return pipeline.Build();
    }

    /// <summary>Allows the only inline script of the page, by its hash.</summary>
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
        if (await ConditionalHeaders.TryRespondAsync(context, tag))
            return;
        response.Headers.ETag = tag;
        await response.Body.WriteAsync(html, context.RequestAborted);
    }

    /// <summary>Returns the inline script with normalized line feeds, as browsers hash it.</summary>
    /// <exception cref="InvalidOperationException">
    /// The page has no inline script: the library has changed it.
    /// </exception>
    private static byte[] InlineScriptOf(byte[] html)
    {
        const string Start = "<script>";
        var text = Encoding.UTF8.GetString(html);
        var from = text.IndexOf(Start, StringComparison.Ordinal);
        var to = text.LastIndexOf("</script>", StringComparison.Ordinal);
        return from < 0 || to < from
            ? throw new InvalidOperationException("The page of Swagger UI has no inline script.")
            : Encoding.UTF8.GetBytes(text[(from + Start.Length)..to].ReplaceLineEndings("\n"));
    }
}
