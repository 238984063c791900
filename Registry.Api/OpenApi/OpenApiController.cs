using Microsoft.AspNetCore.Mvc;
using Registry.Api.Http;

namespace Registry.Api.OpenApi;

/// <summary>Gives the documents out.</summary>
[ApiController]
[ApiExplorerSettings(IgnoreApi = true)]
internal sealed class OpenApiController(OpenApiText documents) : ControllerBase
{
    /// <summary>Where the document of the whole API is.</summary>
    public const string Path = $"/openapi/{OpenApiText.Whole}.json";

    private const string ClientPath = $"/openapi/{OpenApiText.ForClients}.json";

    /// <summary>Show the document of the whole API.</summary>
    [HttpGet(Path), HttpHead(Path)]
    public Task<IActionResult> ShowAsync() => ShowAsync(OpenApiText.Whole);

    /// <summary>Show the document for generators of clients.</summary>
    [HttpGet(ClientPath), HttpHead(ClientPath)]
    public Task<IActionResult> ShowForClientsAsync() => ShowAsync(OpenApiText.ForClients);

    private async Task<IActionResult> ShowAsync(string name)
    {
        var document = await documents.GetAsync(name);
        return new JsonBody(
            document.Tag, [writer => writer.WriteRawValue(document.Content.Span, skipInputValidation: true)]);
    }
}
