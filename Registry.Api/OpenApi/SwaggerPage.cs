namespace Registry.Api.OpenApi;

/// <summary>What the page at <c>/swagger</c> has beyond Swagger UI's own.</summary>
internal static class SwaggerPage
{
    /// <summary>Goes into the head of the page.</summary>
    public const string Head = """
        <style>
          .swagger-ui .topbar { display: none; }
        </style>
        """;
}
