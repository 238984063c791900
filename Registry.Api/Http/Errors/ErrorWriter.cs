using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace Registry.Api.Http.Errors;

/// <summary>Writes every error body of the service: <c>{"code","message","details"}</c>.</summary>
internal static class ErrorWriter
{
    /// <summary>Below it the same object stands under <c>error</c> as well, where Quay's clients look for it.</summary>
    private const string NestedRoot = "/cnr";

    private static readonly JsonWriterOptions WriterOptions =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// What an answer that is given up may have said about its own body. All other headers stay: CORS, <c>Allow</c>,
    /// <c>Vary</c>.
    /// </summary>
    private static readonly string[] BodyHeaders =
    [
        HeaderNames.AcceptRanges, HeaderNames.CacheControl, HeaderNames.ContentDisposition, HeaderNames.ContentEncoding,
        HeaderNames.ContentRange, HeaderNames.ETag, HeaderNames.LastModified,
    ];

    /// <summary>Answers with <paramref name="error"/>; under HEAD with its status and headers alone.</summary>
    /// <exception cref="InvalidOperationException">
    /// An answer is under way already: all that is left is to abort it.
    /// </exception>
    public static async Task WriteAsync(HttpContext context, ErrorAnswer error)
    {
        var response = context.Response;
        if (response.HasStarted)
            throw new InvalidOperationException("An answer is under way already.");
        foreach (var name in BodyHeaders)
            response.Headers.Remove(name);
        foreach (var (name, value) in error.Headers)
            response.Headers[name] = value;

        var body = new ArrayBufferWriter<byte>(256);
        await using (var json = new Utf8JsonWriter(body, WriterOptions))
            Write(json, error, context.Request.Path.StartsWithSegments(NestedRoot, StringComparison.Ordinal));
        body.Write("\n"u8);

        response.StatusCode = error.Status;
        response.ContentType = "application/json";
        response.ContentLength = body.WrittenCount;
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        await response.BodyWriter.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }

    /// <summary>Writes the body alone.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="error">The error.</param>
    /// <param name="nested">Whether the same object stands under <c>error</c> as well.</param>
    public static void Write(Utf8JsonWriter json, ErrorAnswer error, bool nested)
    {
        json.WriteStartObject();
        WriteMembers(json, error);
        if (nested)
        {
            json.WriteStartObject("error");
            WriteMembers(json, error);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter json, ErrorAnswer error)
    {
        json.WriteString("code", error.Code);
        json.WriteString("message", error.Message);
        json.WriteStartObject("details");
        foreach (var (name, value) in error.Details)
        {
            json.WritePropertyName(name);
            WriteValue(json, value);
        }

        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case int or long:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case IEnumerable items:
                json.WriteStartArray();
                foreach (var item in items)
                    WriteValue(json, item);
                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }
}
