using System.Collections;
using System.Globalization;
using System.Text.Json;

namespace Registry.Api.Http.Errors;

/// <summary>The members of an error that all protocols share.</summary>
internal static class ErrorMembers
{
    /// <summary>Writes <c>code</c>, <c>message</c> and <c>details</c> into an object that has been started.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="error">The error.</param>
    /// <param name="details">The name of the details.</param>
    public static void Write(Utf8JsonWriter json, ErrorResponse error, string details = "details")
    {
        json.WriteString("code", error.Code);
        json.WriteString("message", error.Message);
        json.WriteStartObject(details);
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
