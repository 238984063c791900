using Microsoft.AspNetCore.Mvc;
using Registry.Api.Http;

namespace Registry.Api.OpenApi;

/// <summary>Gives the document out.</summary>
[ApiController]
[ApiExplorerSettings(IgnoreApi = true)]
internal sealed class OpenApiController(OpenApiText document) : ControllerBase
{
    /// <summary>Where it is.</summary>
    public const string Path = $"/openapi/{OpenApiText.Version}.json";

    /// <summary>Show the document.</summary>
    [HttpGet(Path), HttpHead(Path)]
    public IActionResult Show() =>
        new JsonBody(document.Tag, [writer => writer.WriteRawValue(document.Content.Span, skipInputValidation: true)]);
}
