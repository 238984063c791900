using NSwag;
using NSwag.Generation.Processors;
using NSwag.Generation.Processors.Contexts;

namespace Registry.Api.OpenApi;

/// <summary>
/// Removes parts of a complete document that break generated clients: fields in two places, several formats of one
/// body, and enumerations. Some enumeration values are not valid identifiers, and a later version may add others.
/// </summary>
internal sealed class ClientDocumentProcessor : IDocumentProcessor
{
    /// <summary>The name of the error schema. <c>Error</c> would conflict with the JavaScript class.</summary>
    private const string ErrorName = "RegistryError";

    /// <summary>The description of a push. That of the whole API mentions formats that clients do not have.</summary>
    private const string PushText =
        "The package is validated and stored while it is uploaded. "
        + "If the release exists in this media type, the push fails with 409 unless `force` is true.";

    private const string PushId = "cnrPushRelease";

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
        document.Definitions.Remove(ErrorForm.Plain, out var error);
        document.Definitions.Add(ErrorName, error!);
        document.Definitions.Remove(HelmSchemas.Unlisted);
    }

    private static void Simplify(OpenApiOperation operation)
    {
        var isPush = operation.OperationId == PushId;
        operation.OperationId = Names[operation.OperationId];
        if (isPush)
        {
            operation.Description = PushText;
            operation.RequestBody = PushBodySchema.DescribeForClients();
        }
        else if (operation.RequestBody is { } body)
        {
            KeepFirst(body.Content);
        }

        foreach (var parameter in operation.Parameters.ToList())
            if (parameter.Kind == OpenApiParameterKind.Header
                || parameter.Name is "format" or "unlisted"
                || (isPush && parameter.Kind == OpenApiParameterKind.Query))
                operation.Parameters.Remove(parameter);
        foreach (var status in Conditional)
            operation.Responses.Remove(status);
        foreach (var content in operation.Responses.Values.Select(static response => response.Content))
        {
            // Keep the file and remove its JSON form, which has its own URL.
            if (content.Count > 1)
                content.Remove("application/json");
            KeepFirst(content);
            foreach (var schema in content.Values.Where(static type => type.Schema?.OneOf.Count > 0))
                schema.Schema = schema.Schema.OneOf.First();
        }
    }

    /// <summary>Keeps one of several content types. Clients then send and receive the bytes.</summary>
    private static void KeepFirst(IDictionary<string, OpenApiMediaType> content)
    {
        if (content.Count <= 1)
            return;
        foreach (var type in content.Keys.Skip(1).ToList())
            content.Remove(type);
        content.Values.Single().Schema = ObjectSchemas.Binary();
        content.Values.Single().Example = null;
    }
}
