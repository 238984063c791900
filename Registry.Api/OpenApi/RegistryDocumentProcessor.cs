using NSwag;
using NSwag.Generation.Processors;
using NSwag.Generation.Processors.Contexts;

namespace Registry.Api.OpenApi;

/// <summary>Completes the document: license, groups, and the order of the operations.</summary>
internal sealed class RegistryDocumentProcessor : IDocumentProcessor
{
    /// <inheritdoc/>
    public void Process(DocumentProcessorContext context)
    {
        var document = context.Document;
        document.Generator = null;
        document.Info.License = DocumentInfo.License;
        var used = document.Operations.SelectMany(static operation => operation.Operation.Tags).ToHashSet();
        document.Tags = [.. DocumentInfo.Tags().Where(tag => used.Contains(tag.Name))];

        List<string> order = [.. OperationDescription.All.Select(static operation => operation.Id)];
        var operations = document.Operations
            .OrderBy(operation => order.IndexOf(operation.Operation.OperationId)).ToList();
        document.Paths.Clear();
        foreach (var operation in operations)
        {
            if (!document.Paths.TryGetValue(operation.Path, out var path))
                document.Paths.Add(operation.Path, path = new OpenApiPathItem());
            path.Add(operation.Method, operation.Operation);
        }
    }
}
