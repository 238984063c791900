using Microsoft.Net.Http.Headers;
using Namotion.Reflection;
using NJsonSchema;
using NSwag;
using NSwag.Generation.Processors.Contexts;
using Registry.Api.Cnr;

namespace Registry.Api.OpenApi;

/// <summary>
/// How the document shows what an operation answers when nothing is wrong, with examples and headers.
/// </summary>
internal static class SuccessParts
{
    private const string Json = "application/json";

    /// <summary>Adds these responses, by status.</summary>
    public static void AddTo(
        SortedDictionary<string, OpenApiResponse> responses,
        OperationDescription described,
        OperationProcessorContext context)
    {
        var (notes, found) = (described.Notes, context.OperationDescription.Operation.Responses);
        var shape = Shape(described, context.Document);
        foreach (var (status, types) in described.Responses)
        {
            var response = new OpenApiResponse { Description = status == "204" ? "No Content" : "OK" };
            // NSwag knows the schema, but not the media type of a file.
            foreach (var type in types)
                response.Content.Add(type, new OpenApiMediaType
                {
                    Schema = described.IsFile ? ObjectSchemas.Binary() : shape ?? found[status].Schema,
                    Example = type == Json ? ObjectSchemas.Value(notes.Answer?.Invoke(described.Dialect)) : null,
                });
            responses.Add(status, response);
        }

        if (responses.TryGetValue("503", out var unavailable))
        {
            unavailable.Description = "The storage does not answer.";
            HeaderParts.AddTo(unavailable, HeaderNames.RetryAfter);
            unavailable.Content[Json].Example = ObjectSchemas.Value(KarOperations.Status("unavailable"));
        }

        if (!described.IsRead || !responses.TryGetValue("200", out var ok))
            return;
        if (notes.Tagged)
        {
            HeaderParts.AddTo(ok, HeadersOf(described));
            responses["304"] = new OpenApiResponse { Description = "The client has it: `If-None-Match` names it." };
            HeaderParts.AddTo(responses["304"], HeaderNames.ETag);
        }

        if (described.IsFile)
            AddFile(responses, ok, described, context);
    }

    /// <summary>The shape of an answer that has no type of its own; null where the type says it.</summary>
    private static JsonSchema? Shape(OperationDescription described, OpenApiDocument document)
    {
        if (described.Notes.Shape?.Invoke(described.Dialect) is not { } shape)
            return null;
        document.Definitions.TryAdd(shape.Name, shape.Schema);
        return new JsonSchema { Reference = document.Definitions[shape.Name] };
    }

    private static IEnumerable<string> HeadersOf(OperationDescription described)
    {
        yield return HeaderNames.ETag;
        // A package in base64 is not compressed: it is compressed already.
        if (!described.IsFile && !described.IsPackageJson)
            yield return HeaderNames.Vary;
        if (described.IsFile || described.IsPackageJson)
            yield return HeaderNames.LastModified;
        if (described.IsFile)
            yield return HeaderNames.AcceptRanges;
        if (described is { IsFile: true, Tag: not OperationDescription.KarTag })
            yield return HeaderNames.ContentDisposition;
    }

    /// <summary>Adds to a file its parts, and the JSON that some files can also be had in.</summary>
    private static void AddFile(
        SortedDictionary<string, OpenApiResponse> responses,
        OpenApiResponse ok,
        OperationDescription described,
        OperationProcessorContext context)
    {
        ok.Description = "The file.";
        var part = new OpenApiResponse { Description = "The part of the file that `Range` names." };
        foreach (var type in ok.Content.Keys)
            part.Content.Add(type, new OpenApiMediaType { Schema = ObjectSchemas.Binary() });
        HeaderParts.AddTo(part, [.. ok.Headers.Keys, HeaderNames.ContentRange]);
        responses["206"] = part;
        if (described.Notes.Answer is { } answer)
            ok.Content[Json] = new OpenApiMediaType
            {
                Schema = context.SchemaGenerator.GenerateWithReference<JsonSchema>(
                    typeof(PulledForm).ToContextualType(), context.SchemaResolver),
                Example = ObjectSchemas.Value(answer(described.Dialect)),
            };
    }
}
