using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using NSwag;
using Registry.Api.Http.Errors;
using Registry.Core.Errors;

namespace Registry.Api.OpenApi;

/// <summary>
/// The error responses of the document, created from the error table and the error writer of a protocol.
/// </summary>
internal static class ErrorParts
{
    /// <summary>Returns a reference to the shared response of a status. Adds the response if it is missing.</summary>
    /// <param name="status">The status.</param>
    /// <param name="form">The form of the errors.</param>
    /// <param name="document">The document.</param>
    /// <param name="more">More errors of this status that every operation may return.</param>
    public static OpenApiResponse Reference(
        int status, ErrorForm form, OpenApiDocument document, params IEnumerable<RegistryException> more)
    {
        // The codes of this table are different for each status.
        var words = ErrorTable.Default.OfStatus(status).Code.Split('-')
            .Select(static word => char.ToUpperInvariant(word[0]) + word[1..]);
        var name = string.Concat(words.Append(form.Suffix));
        if (!document.Responses.TryGetValue(name, out var shared))
        {
            var error = General(status, form);
            shared = Response([error, .. more.Select(form.Errors.Of)], form, document);
            shared.Description += $": {error.Message}";
            document.Responses.Add(name, shared);
        }

        return new OpenApiResponse { Reference = shared };
    }

    /// <summary>Returns the error of HTTP, the framework or the storage with a status.</summary>
    public static ErrorResponse General(int status, ErrorForm form)
    {
        var error = form.Errors.OfStatus(status);
        return status switch
        {
            StatusCodes.Status405MethodNotAllowed => error with { Headers = [(HeaderNames.Allow, "")] },
            StatusCodes.Status416RangeNotSatisfiable => error with { Headers = [(HeaderNames.ContentRange, "")] },
            _ => error,
        };
    }

    /// <summary>Creates an error response with every error of a status as an example.</summary>
    public static OpenApiResponse Response(
        IReadOnlyList<ErrorResponse> errors, ErrorForm form, OpenApiDocument document)
    {
        var content = new OpenApiMediaType { Schema = form.SchemaIn(document) };
        foreach (var error in errors)
            content.Examples.Add(NameOf(error, content), new OpenApiExample
            {
                Summary = form.HasCodes ? $"{error.Code}: {error.Message}" : error.Message,
                Value = ObjectSchemas.Value(form.BodyOf(error)),
            });
        var response = new OpenApiResponse
        {
            Description = form.HasCodes
                ? string.Join(" or ", errors.Select(static error => $"`{error.Code}`").Distinct())
                : ReasonPhrases.GetReasonPhrase(errors[0].Status),
            Content = { ["application/json"] = content },
        };
        HeaderParts.AddTo(
            response, errors.SelectMany(static error => error.Headers).Select(static header => header.Name).Distinct());
        return response;
    }

    /// <summary>Returns the name of an example: the code, with a number if there are several.</summary>
    private static string NameOf(ErrorResponse error, OpenApiMediaType content)
    {
        var name = error.Code;
        for (var number = 2; content.Examples.ContainsKey(name); number++)
            name = $"{error.Code}-{number}";
        return name;
    }
}
