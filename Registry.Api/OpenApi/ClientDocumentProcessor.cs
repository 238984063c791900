using NJsonSchema;
using NSwag;
using NSwag.Generation.Processors;
using NSwag.Generation.Processors.Contexts;

namespace Registry.Api.OpenApi;

/// <summary>
/// Removes from a complete document what breaks generated clients: a field in two places, two forms of one answer, and
/// closed lists of words. Some of these words are not names in any language, and a later version may add others.
/// </summary>
internal sealed class ClientDocumentProcessor : IDocumentProcessor
{
    /// <summary>Not <c>Error</c>: JavaScript has that class already.</summary>
    private const string ErrorName = "RegistryError";

    /// <summary>What a push does. Its own text speaks of forms and places that are left out here.</summary>
    private const string PushText =
        "The package is checked and stored while it arrives. "
        + "A release that exists in this media type is refused with 409 unless the push is forced.";

    /// <summary>The answers to preconditions and ranges, which are headers of requests.</summary>
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

        var answers = document.Operations.SelectMany(static operation => operation.Operation.Responses.Values)
            .Select(static answer => answer.ActualResponse).ToHashSet();
        foreach (var (name, _) in document.Responses.Where(response => !answers.Contains(response.Value)).ToList())
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
            operation.RequestBody = PushBodySchema.ClientDocumentProcessor();
        }

        foreach (var parameter in operation.Parameters.ToList())
            if (parameter.Kind == OpenApiParameterKind.Header
                || parameter.Name == "format"
                || (isPush && parameter.Kind == OpenApiParameterKind.Query))
                operation.Parameters.Remove(parameter);
        foreach (var status in Conditional)
            operation.Responses.Remove(status);
        // Of a file and its JSON form, which has an address of its own, the file.
        foreach (var response in operation.Responses.Values.Where(static response => response.Content.Count > 1))
            response.Content.Remove("application/json");
    }
}
