using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;

namespace Registry.Api.Ui;

/// <summary>The icon of all pages. Browsers request it even if they show only JSON.</summary>
[ApiController]
[ApiExplorerSettings(IgnoreApi = true)]
internal sealed class IconController : ControllerBase
{
    /// <summary>The path of the icon.</summary>
    public const string Path = "/favicon.ico";

    private const string Svg = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b62c4"/>
        <path d="M16 6l9 4.5v11L16 26l-9-4.5v-11zM7.5 10.8L16 15l8.5-4.2M16 15v10.5M11.5 8.4l8.8 4.4" fill="none" stroke="#fff" stroke-width="1.8" stroke-linejoin="round"/></svg>
        """;

    /// <summary>Show the icon.</summary>
    [Public]
    [HttpGet(Path), HttpHead(Path)]
    public IActionResult Show()
    {
        Response.Headers.CacheControl = "max-age=86400";
        return Content(Svg, "image/svg+xml");
    }
}
