using Microsoft.AspNetCore.Mvc;
using Registry.Api.Http;

namespace Registry.Api.OpenApi;

/// <summary>Gives the documents out.</summary>
[ApiController]
[ApiExplorerSettings(IgnoreApi = true)]
internal sealed class OpenApiController(OpenApiText documents) : ControllerBase
{
    /// <summary>Where the document of the whole API is.</summary>
    public const string Path = "/openapi/v1.json";

    private const string ClientPath = "/openapi/client.json";

    /// <summary>Show the document of the whole API.</summary>
    [HttpGet(Path), HttpHead(Path)]
    public Task<IActionResult> ShowAsync() => ShowAsync(documents.Whole);

    /// <summary>Show the document for generators of clients.</summary>
    [HttpGet(ClientPath), HttpHead(ClientPath)]
    public Task<IActionResult> ShowForClientsAsync() => ShowAsync(documents.ForClients);

    private static async Task<IActionResult> ShowAsync(Task<OpenApiText.Text> made)
    {
        var document = await made;
        return new JsonBody(
            document.Tag, [writer => writer.WriteRawValue(document.Content.Span, skipInputValidation: true)]);
    }
}
