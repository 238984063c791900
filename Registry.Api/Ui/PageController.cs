using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Registry.Api.Access;
using Registry.Api.Http;
using Registry.Core.Access;

namespace Registry.Api.Ui;

/// <summary>The base of the controllers of pages.</summary>
[Page]
internal abstract class PageController : ControllerBase
{
    /// <summary>What a page may load: its own styles, script and images. Its forms lead to the registry.</summary>
    private const string Sources = "form-action 'self'; img-src 'self'; style-src 'self'; script-src 'self'";

    /// <summary>The caller of the request.</summary>
    protected Caller Caller => RequestCaller.Of(HttpContext);

    /// <summary>Sets the security headers of a page.</summary>
    public static void Protect(HttpResponse response) => PageHeaders.Protect(response, Sources);

    /// <summary>Returns a page, which browsers check for changes whenever they show it.</summary>
    /// <param name="view">The name of the view.</param>
    /// <param name="model">What it shows.</param>
    protected ViewResult Page<TModel>(string view, TModel model)
    {
        Response.Headers.CacheControl = "no-cache";
        Protect(Response);
        return new ViewResult
        {
            ViewName = view,
            ViewData = new ViewDataDictionary<TModel>(new EmptyModelMetadataProvider(), new ModelStateDictionary())
            {
                Model = model,
            },
        };
    }
}
