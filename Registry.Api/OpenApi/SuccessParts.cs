using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Namotion.Reflection;
using NJsonSchema;
using NSwag;
using NSwag.Generation.Processors.Contexts;
using Registry.Api.Cnr;

namespace Registry.Api.OpenApi;

/// <summary>
/// The success responses of an operation, with examples and headers.
/// </summary>
internal static class SuccessParts
{
    private const string Json = "application/json";

    /// <summary>Adds the responses, by status.</summary>
    public static void AddTo(
        SortedDictionary<string, OpenApiResponse> responses,
        OperationDescription described,
        OperationProcessorContext context)
    {
        var (notes, found) = (described.Notes, context.OperationDescription.Operation.Responses);
        var schema = notes.Schema?.Invoke(context.Document, described.Dialect);
        foreach (var (status, types) in described.Responses)
        {
            var response = new OpenApiResponse
            {
                Description = ReasonPhrases.GetReasonPhrase(int.Parse(status, CultureInfo.InvariantCulture)),
            };
            // NSwag knows the schema, but not the media type of a file.
            foreach (var type in types)
                response.Content.Add(type, new OpenApiMediaType
                {
                    Schema = described.IsFile ? ObjectSchemas.Binary() : schema ?? found[status].Schema,
                    // Of several types, the example is of the first.
                    Example = response.Content.Count == 0 && type.EndsWith("json", StringComparison.Ordinal)
                        ? ObjectSchemas.Value(notes.Example?.Invoke(described.Dialect))
                        : null,
                });
            HeaderParts.AddTo(response, notes.HeadersOf(status));
            responses.Add(status, response);
        }

        if (responses.TryGetValue("503", out var unavailable))
        {
            unavailable.Description = "The storage does not respond.";
            HeaderParts.AddTo(unavailable, HeaderNames.RetryAfter);
            unavailable.Content[Json].Example = ObjectSchemas.Value(KarOperations.Status("unavailable"));
        }

        if (!described.IsRead || !responses.TryGetValue("200", out var ok))
            return;
        if (notes.HasEntityTag)
        {
            HeaderParts.AddTo(ok, HeadersOf(described));
            responses["304"] = new OpenApiResponse { Description = "Not modified: `If-None-Match` matches." };
            HeaderParts.AddTo(responses["304"], HeaderNames.ETag);
        }

        if (described.IsFile)
            AddFile(responses, ok, described, context);
    }

    private static IEnumerable<string> HeadersOf(OperationDescription described)
    {
        yield return HeaderNames.ETag;
        // A package in base64 is compressed already, and the length of a manifest must be known.
        if (!described.IsFile && !described.IsPackageJson && described.Tag != OperationDescription.OciTag)
            yield return HeaderNames.Vary;
        if (described.IsFile)
            yield return HeaderNames.AcceptRanges;
    }

    /// <summary>Adds the 206 response of a file, and its JSON form if it has one.</summary>
    private static void AddFile(
        SortedDictionary<string, OpenApiResponse> responses,
        OpenApiResponse ok,
        OperationDescription described,
        OperationProcessorContext context)
    {
        ok.Description = "The file.";
        var part = new OpenApiResponse { Description = "The requested range of the file." };
        foreach (var type in ok.Content.Keys)
            part.Content.Add(type, new OpenApiMediaType { Schema = ObjectSchemas.Binary() });
        HeaderParts.AddTo(part, [.. ok.Headers.Keys, HeaderNames.ContentRange]);
        responses["206"] = part;
        if (described.Notes.Example is { } example)
            ok.Content[Json] = new OpenApiMediaType
            {
                Schema = context.SchemaGenerator.GenerateWithReference<JsonSchema>(
                    typeof(PulledResponse).ToContextualType(), context.SchemaResolver),
                Example = ObjectSchemas.Value(example(described.Dialect)),
            };
    }
}
