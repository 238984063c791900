using System.Globalization;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;
using Registry.Api.Cnr;
using Registry.Api.Http.Errors;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Registry.Api.OpenApi;

/// <summary>Completes an operation: its examples, its body, the headers that it reads and writes, and every status that it may answer.</summary>
internal sealed class DescribeOperation : IOperationFilter
{
    private const string Json = "application/json";

    /// <inheritdoc/>
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var (described, document) = (OperationDescription.Of(context.ApiDescription), context.Document);
        operation.Parameters ??= [];
        if (described.Notes.Body is { } body)
            operation.RequestBody = body();
        if (described.Notes.Body == PushBody.Describe)
            AddParameters(operation, PushBody.Query());
        if (described is { IsRead: true, Notes.Tagged: true })
            AddParameters(operation, HeaderParts.Parameters(document, HeaderNames.IfNoneMatch, HeaderNames.IfMatch));
        if (described.IsFile)
            AddParameters(
                operation,
                HeaderParts.Parameters(document, HeaderNames.IfModifiedSince, HeaderNames.Range, HeaderNames.IfRange));

        var responses = new SortedDictionary<string, IOpenApiResponse>(operation.Responses!.ToDictionary(), StringComparer.Ordinal);
        Succeed(responses, described, context);
        foreach (var status in Statuses(described))
            responses.TryAdd(status.ToString(CultureInfo.InvariantCulture), ErrorParts.Reference(status, IsNested(described), document));
        foreach (var errors in described.Notes.Refusals.Select(ErrorTable.Of).GroupBy(error => error.Status))
            responses[errors.Key.ToString(CultureInfo.InvariantCulture)] = ErrorParts.Response(Complete(errors), IsNested(described), document);
        operation.Responses = [];
        foreach (var (status, response) in responses)
            operation.Responses.Add(status, response);
    }

    /// <summary>The refusals of a status, and what that status says where the storage or HTTP itself refuses.</summary>
    private static List<ErrorAnswer> Complete(IGrouping<int, ErrorAnswer> errors) =>
        ErrorParts.Shared.Contains(errors.Key) ? [ErrorTable.OfStatus(errors.Key), .. errors] : [.. errors];

    private static void Succeed(SortedDictionary<string, IOpenApiResponse> responses, OperationDescription described, OperationFilterContext context)
    {
        var (notes, document) = (described.Notes, context.Document);
        foreach (var response in responses.Values.OfType<OpenApiResponse>())
            if (response.Content?.TryGetValue(Json, out var content) == true && content is OpenApiMediaType { } json)
            {
                json.Example = notes.Answer?.Invoke(described.Dialect);
                json.Schema = notes.Shape?.Invoke(described.Dialect) ?? json.Schema;
            }

        if (responses.TryGetValue("503", out var down) && down is OpenApiResponse { } unavailable)
        {
            unavailable.Description = "The storage does not answer.";
            unavailable.Headers = HeaderParts.Of(document, HeaderNames.RetryAfter);
            ((OpenApiMediaType)unavailable.Content![Json]).Example = KarOperations.Status("unavailable");
        }

        if (!described.IsRead || !responses.TryGetValue("200", out var found) || found is not OpenApiResponse { } ok)
            return;
        if (notes.Tagged)
        {
            ok.Headers = HeaderParts.Of(document, [.. SuccessHeaders(described)]);
            responses["304"] = new OpenApiResponse
            {
                Description = "The client has it: `If-None-Match` names it.",
                Headers = HeaderParts.Of(document, HeaderNames.ETag),
            };
        }

        if (described.IsFile)
            DescribeFile(responses, ok, described, context);
    }

    private static IEnumerable<string> SuccessHeaders(OperationDescription described)
    {
        yield return HeaderNames.ETag;
        // A package in base64 is not compressed: it is compressed already.
        if (!described.IsFile && !described.IsPackageJson)
            yield return HeaderNames.Vary;
        if (described.IsFile || described.IsPackageJson)
            yield return HeaderNames.LastModified;
        if (described.IsFile)
            yield return HeaderNames.AcceptRanges;
        if (described is { IsFile: true, Tag: OperationDescription.CnrTag })
            yield return HeaderNames.ContentDisposition;
    }

    private static void DescribeFile(
        SortedDictionary<string, IOpenApiResponse> responses, OpenApiResponse ok, OperationDescription described, OperationFilterContext context)
    {
        var file = new Dictionary<string, IOpenApiMediaType>();
        foreach (var type in ok.Content!.Keys)
            file[type] = new OpenApiMediaType { Schema = Shapes.Binary() };
        ok.Description = "The file.";
        ok.Content = new Dictionary<string, IOpenApiMediaType>(file);
        responses["206"] = new OpenApiResponse
        {
            Description = "The part of the file that `Range` names.",
            Headers = HeaderParts.Of(context.Document, [.. ok.Headers!.Keys, HeaderNames.ContentRange]),
            Content = file,
        };
        if (described.Notes.Answer is { } answer)
            ok.Content[Json] = new OpenApiMediaType
            {
                Schema = context.SchemaGenerator.GenerateSchema(typeof(PulledForm), context.SchemaRepository),
                Example = answer(described.Dialect),
            };
    }

    /// <summary>What HTTP, the framework and the storage may answer.</summary>
    private static IEnumerable<int> Statuses(OperationDescription described)
    {
        yield return StatusCodes.Status405MethodNotAllowed;
        yield return StatusCodes.Status500InternalServerError;
        if (described.Notes.Stored)
            yield return StatusCodes.Status503ServiceUnavailable;
        if (!described.IsRead)
        {
            yield return StatusCodes.Status403Forbidden;
            yield return StatusCodes.Status507InsufficientStorage;
        }

        if (described is { IsRead: true, Notes.Tagged: true })
            yield return StatusCodes.Status412PreconditionFailed;
        if (described.IsFile)
            yield return StatusCodes.Status416RangeNotSatisfiable;
        if (described.Notes.Body is not null)
        {
            yield return StatusCodes.Status408RequestTimeout;
            yield return StatusCodes.Status413PayloadTooLarge;
        }
    }

    private static bool IsNested(OperationDescription described) => described.Dialect == Dialect.Appr;

    private static void AddParameters(OpenApiOperation operation, IEnumerable<IOpenApiParameter> parameters)
    {
        foreach (var parameter in parameters)
            operation.Parameters!.Add(parameter);
    }
}
