using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http;

namespace Registry.Api.OpenApi;

/// <summary>Serves the OpenAPI documents.</summary>
[ApiController]
[ApiExplorerSettings(IgnoreApi = true)]
internal sealed class OpenApiController(OpenApiDocuments documents) : ControllerBase
{
    /// <summary>The path of the document of the whole API.</summary>
    public const string Path = "/openapi/v1.json";

    private const string ClientPath = "/openapi/client.json";

    /// <summary>Show the document of the whole API.</summary>
    [Public]
    [HttpGet(Path), HttpHead(Path)]
    public Task<IActionResult> ShowAsync() => ShowAsync(documents.Whole);

    /// <summary>Show the document for client generators.</summary>
    [Public]
    [HttpGet(ClientPath), HttpHead(ClientPath)]
    public Task<IActionResult> ShowForClientsAsync() => ShowAsync(documents.ForClients);

    private static async Task<IActionResult> ShowAsync(Task<OpenApiDocuments.Document> generated)
    {
        var document = await generated;
        return new JsonBody(
            document.Tag, [writer => writer.WriteRawValue(document.Content.Span, skipInputValidation: true)]);
    }
}
