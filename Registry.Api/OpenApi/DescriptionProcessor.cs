using System.Globalization;
using Microsoft.Net.Http.Headers;
using NSwag;
using NSwag.Generation.AspNetCore;
using NSwag.Generation.Processors;
using NSwag.Generation.Processors.Contexts;
using Registry.Api.Cnr;
using Registry.Api.Http.Errors;

namespace Registry.Api.OpenApi;

/// <summary>Completes an operation: its parameters, its body, and every status that it may return.</summary>
internal sealed class DescriptionProcessor : IOperationProcessor
{
    /// <inheritdoc/>
    public bool Process(OperationProcessorContext context)
    {
        var described = OperationDescription.Of(((AspNetCoreOperationProcessorContext)context).ApiDescription);
        var (operation, notes) = (context.OperationDescription.Operation, described.Notes);
        operation.OperationId = described.Id;
        operation.Tags = [described.Tag];
        DescribeRequest(operation, described);

        var responses = new SortedDictionary<string, OpenApiResponse>(StringComparer.Ordinal);
        SuccessParts.AddTo(responses, described, context);
        var nested = described.Dialect == Dialect.Appr;
        foreach (var status in Statuses(described))
            responses.TryAdd(Text(status), ErrorParts.Reference(status, nested, context.Document));
        foreach (var errors in notes.Refusals.Select(ErrorTable.Default.Of).GroupBy(static error => error.Status))
            responses[Text(errors.Key)] = ErrorParts.Response(Complete(errors), nested, context.Document);
        operation.Responses.Clear();
        foreach (var (status, response) in responses)
            operation.Responses.Add(status, response);
        return true;
    }

    private static void DescribeRequest(OpenApiOperation operation, OperationDescription described)
    {
        var notes = described.Notes;
        foreach (var parameter in operation.Parameters)
            ParameterDescription.Apply(parameter);
        operation.RequestBody = notes.Body?.Invoke();
        if (notes.Body == PushBodySchema.Describe)
            AddParameters(operation, PushBodySchema.Query());
        if (described is { IsRead: true, Notes.HasEntityTag: true })
            AddParameters(operation, HeaderParts.Parameters(HeaderNames.IfNoneMatch, HeaderNames.IfMatch));
        if (described.IsFile)
            AddParameters(
                operation, HeaderParts.Parameters(HeaderNames.IfModifiedSince, HeaderNames.Range, HeaderNames.IfRange));
    }

    /// <summary>Returns the domain errors of a status, preceded by its general error if it has one.</summary>
    private static List<ErrorResponse> Complete(IGrouping<int, ErrorResponse> errors) =>
        ErrorParts.Shared.Contains(errors.Key) ? [ErrorTable.Default.OfStatus(errors.Key), .. errors] : [.. errors];

    /// <summary>Returns the error statuses of HTTP, the framework and the storage.</summary>
    private static IEnumerable<int> Statuses(OperationDescription described)
    {
        yield return StatusCodes.Status405MethodNotAllowed;
        yield return StatusCodes.Status500InternalServerError;
        if (described.Notes.UsesStorage)
            yield return StatusCodes.Status503ServiceUnavailable;
        if (!described.IsRead)
        {
            yield return StatusCodes.Status403Forbidden;
            yield return StatusCodes.Status507InsufficientStorage;
        }

        if (described is { IsRead: true, Notes.HasEntityTag: true })
            yield return StatusCodes.Status412PreconditionFailed;
        if (described.IsFile)
            yield return StatusCodes.Status416RangeNotSatisfiable;
        if (described.Notes.Body is not null)
        {
            yield return StatusCodes.Status408RequestTimeout;
            yield return StatusCodes.Status413PayloadTooLarge;
        }
    }

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);

    private static void AddParameters(OpenApiOperation operation, IEnumerable<OpenApiParameter> parameters)
    {
        foreach (var parameter in parameters)
            operation.Parameters.Add(parameter);
    }
}
