using NJsonSchema;
using NSwag;
using NSwag.Generation.Processors;
using NSwag.Generation.Processors.Contexts;

namespace Registry.Api.OpenApi;

/// <summary>
/// Removes parts of a complete document that break generated clients: fields in two places, two formats of one
/// response, and enumerations. Some enumeration values are not valid identifiers, and a later version may add others.
/// </summary>
internal sealed class ClientDocumentProcessor : IDocumentProcessor
{
    /// <summary>The name of the error schema. <c>Error</c> would conflict with the JavaScript class.</summary>
    private const string ErrorName = "RegistryError";

    /// <summary>The description of a push. That of the whole API mentions formats that clients do not have.</summary>
    private const string PushText =
        "The package is validated and stored while it is uploaded. "
        + "If the release exists in this media type, the push fails with 409 unless `force` is true.";

    /// <summary>The statuses of conditional and range requests, which need request headers.</summary>
    private static readonly string[] Conditional = ["206", "304", "412", "416"];

    private static readonly Dictionary<string, string> Names = OperationDescription.All
        .Where(static operation => operation.ClientName is not null)
        .ToDictionary(static operation => operation.Id, static operation => operation.ClientName!);

    /// <inheritdoc/>
    public void Process(DocumentProcessorContext context)
    {
        var document = context.Document;
        foreach (var operation in document.Operations)
            Simplify(operation.Operation);

        var used = document.Operations.SelectMany(static operation => operation.Operation.Responses.Values)
            .Select(static response => response.ActualResponse).ToHashSet();
        foreach (var (name, _) in document.Responses.Where(response => !used.Contains(response.Value)).ToList())
            document.Responses.Remove(name);

        foreach (var property in document.Definitions.Values.SelectMany(static schema => schema.Properties.Values))
            property.Enumeration.Clear();
        document.Definitions.Remove(ErrorParts.Plain, out var error);
        error!.Properties["details"].AdditionalPropertiesSchema = JsonSchema.CreateAnySchema();
        document.Definitions.Add(ErrorName, error);
    }

    private static void Simplify(OpenApiOperation operation)
    {
        operation.OperationId = Names[operation.OperationId];
        var isPush = operation.RequestBody?.Content.Count > 1;
        if (isPush)
        {
            operation.Description = PushText;
            operation.RequestBody = PushBodySchema.DescribeForClients();
        }

        foreach (var parameter in operation.Parameters.ToList())
            if (parameter.Kind == OpenApiParameterKind.Header
                || parameter.Name == "format"
                || (isPush && parameter.Kind == OpenApiParameterKind.Query))
                operation.Parameters.Remove(parameter);
        foreach (var status in Conditional)
            operation.Responses.Remove(status);
        // Keep the file and remove its JSON form, which has its own URL.
        foreach (var response in operation.Responses.Values.Where(static response => response.Content.Count > 1))
            response.Content.Remove("application/json");
    }
}
