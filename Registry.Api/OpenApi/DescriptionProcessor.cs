using System.Globalization;
using Microsoft.Net.Http.Headers;
using NSwag;
using NSwag.Generation.AspNetCore;
using NSwag.Generation.Processors;
using NSwag.Generation.Processors.Contexts;
using Registry.Api.Http.Errors;
using Registry.Core.Access;
using Registry.Core.Errors;

namespace Registry.Api.OpenApi;

/// <summary>Completes an operation: its path, parameters and body, and every status that it may return.</summary>
/// <param name="requiresScopes">Whether requests need credentials.</param>
internal sealed class DescriptionProcessor(bool requiresScopes) : IOperationProcessor
{
    /// <summary>An example of the error of a known caller who lacks a right.</summary>
    private static readonly RegistryException Denied = AccessErrors.Denied(
        new Caller(CallerKind.Token, "ci", "cnr", ClientAddress: null, RequestId: null),
        AccessActions.Push,
        AccessResource.Package(Sample.FullName));

    /// <inheritdoc/>
    public bool Process(OperationProcessorContext context)
    {
        var described = OperationDescription.Of(((AspNetCoreOperationProcessorContext)context).ApiDescription);
        var (operation, document) = (context.OperationDescription.Operation, context.Document);
        context.OperationDescription.Path = described.Path;
        operation.OperationId = described.Id;
        operation.Tags = [described.Tag];
        DescribeRequest(operation, described, document);

        var responses = new SortedDictionary<string, OpenApiResponse>(StringComparer.Ordinal);
        SuccessParts.AddTo(responses, described, context);
        var form = described.Errors;
        var general = Statuses(described).ToHashSet();
        foreach (var status in general)
            responses.TryAdd(
                Text(status),
                ErrorParts.Reference(
                    status,
                    form,
                    document,
                    requiresScopes && status == StatusCodes.Status403Forbidden ? [Denied] : []));
        foreach (var errors in described.Notes.Refusals.Select(form.Errors.Of).GroupBy(static error => error.Status))
        {
            IEnumerable<ErrorResponse> first =
                general.Contains(errors.Key) ? [ErrorParts.General(errors.Key, form)] : [];
            responses[Text(errors.Key)] = ErrorParts.Response([.. first, .. errors], form, document);
        }

        operation.Responses.Clear();
        foreach (var (status, response) in responses)
            operation.Responses.Add(status, response);
        return true;
    }

    private static void DescribeRequest(
        OpenApiOperation operation, OperationDescription described, OpenApiDocument document)
    {
        var notes = described.Notes;
        if (described.Tag == OperationDescription.OciTag)
            ParameterDescription.SplitRepository(operation);
        foreach (var parameter in operation.Parameters)
            ParameterDescription.Apply(parameter, described);
        operation.RequestBody = notes.Body?.Invoke(document);
        if (notes.Body == PushBodySchema.Describe)
            AddParameters(operation, PushBodySchema.Query());
        if (described is { IsRead: true, Notes.HasEntityTag: true })
            AddParameters(operation, HeaderParts.Parameters(HeaderNames.IfNoneMatch, HeaderNames.IfMatch));
        if (described.IsFile && notes.HeadersOf("200").Contains(HeaderNames.LastModified))
            AddParameters(operation, HeaderParts.Parameters(HeaderNames.IfModifiedSince));
        if (described.IsFile)
            AddParameters(operation, HeaderParts.Parameters(HeaderNames.Range, HeaderNames.IfRange));
    }

    /// <summary>Returns the error statuses of HTTP, the framework and the storage.</summary>
    private IEnumerable<int> Statuses(OperationDescription described)
    {
        if (requiresScopes && !described.IsPublic)
        {
            yield return StatusCodes.Status401Unauthorized;
            yield return StatusCodes.Status403Forbidden;
        }

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
