using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NJsonSchema;
using NSwag;
using Registry.Api.Cnr;
using Registry.Api.Helm;
using Registry.Api.Http;
using Registry.Api.Http.Errors;
using Registry.Api.Oci;

namespace Registry.Api.OpenApi;

/// <summary>The errors of a protocol in the document: their statuses and codes, their body, and its schema.</summary>
internal sealed class ErrorForm
{
    /// <summary>The name of the schema of the errors of CNR, KAR and the health checks.</summary>
    public const string Plain = "Error";

    private readonly ApiProtocol protocol;
    private readonly Func<OpenApiDocument, JsonSchema> schema;

    private ErrorForm(
        ApiProtocol protocol, string suffix, bool hasCodes, Func<OpenApiDocument, JsonSchema> schema)
    {
        (this.protocol, this.schema) = (protocol, schema);
        (Suffix, HasCodes) = (suffix, hasCodes);
    }

    /// <summary>The form of CNR, KAR and the health checks.</summary>
    public static ErrorForm Cnr { get; } = new(CnrProtocol.Of(Dialect.Cnr), "", hasCodes: true, PlainSchema);

    /// <summary>The form of appr.</summary>
    public static ErrorForm Appr { get; } = new(CnrProtocol.Of(Dialect.Appr), "Nested", hasCodes: true, NestedSchema);

    /// <summary>The form of OCI.</summary>
    public static ErrorForm Oci { get; } = new(new OciProtocol(), "Oci", hasCodes: true, OciSchema);

    /// <summary>The form of Helm repositories.</summary>
    public static ErrorForm Helm { get; } = new(new HelmProtocol(), "Helm", hasCodes: false, HelmSchema);

    /// <summary>Distinguishes the names of the responses that all operations of a protocol share.</summary>
    public string Suffix { get; }

    /// <summary>Whether the body has the code of the error.</summary>
    public bool HasCodes { get; }

    /// <summary>The status, code and message of each error.</summary>
    public ErrorTable Errors => protocol.Errors;

    /// <summary>Returns the body of an error.</summary>
    public JsonNode BodyOf(ErrorResponse error)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
            protocol.WriteError(json, error);
        return JsonNode.Parse(Encoding.UTF8.GetString(body.ToArray()))!;
    }

    /// <summary>Returns a reference to the schema. Adds the schema to the document if it is missing.</summary>
    public JsonSchema SchemaIn(OpenApiDocument document) => schema(document);

    private static JsonSchema PlainSchema(OpenApiDocument document) => ObjectSchemas.Define(
        document, Plain, static () => ObjectSchemas.Object("An error.", Members(ErrorTable.Default, "details")));

    private static JsonSchema NestedSchema(OpenApiDocument document) => ObjectSchemas.Define(
        document,
        "NestedError",
        () =>
        {
            var members = Members(ErrorTable.Default, "details");
            members["error"] = new JsonSchemaProperty { Reference = PlainSchema(document).Reference };
            return ObjectSchemas.Object("An error, with a copy under `error` for clients of Quay.", members);
        });

    private static JsonSchema OciSchema(OpenApiDocument document) => ObjectSchemas.Define(
        document,
        "OciErrors",
        () => ObjectSchemas.Object("The errors of a request: always one.", new()
        {
            ["errors"] = new JsonSchemaProperty
            {
                Type = JsonObjectType.Array,
                Item = ObjectSchemas.Define(document, "OciError", static () => ObjectSchemas.Object(
                    "An error of the OCI distribution API.", Members(OciErrorTable.Instance, "detail"))),
            },
        }));

    private static JsonSchema HelmSchema(OpenApiDocument document) => ObjectSchemas.Define(
        document,
        "HelmError",
        static () => ObjectSchemas.Object(
            "An error of a Helm repository.",
            new() { ["error"] = ObjectSchemas.Text("The error message, for people.") }));

    /// <param name="errors">The codes.</param>
    /// <param name="details">The name of the details.</param>
    private static Dictionary<string, JsonSchemaProperty> Members(ErrorTable errors, string details) => new()
    {
        ["code"] = Codes(errors),
        ["message"] = ObjectSchemas.Text("The error message, for people."),
        [details] = new JsonSchemaProperty
        {
            Type = JsonObjectType.Object,
            Description = "The subject of the error, such as the package or the field. "
                + "The members depend on `code`; it may be empty.",
            AdditionalPropertiesSchema = JsonSchema.CreateAnySchema(),
        },
    };

    private static JsonSchemaProperty Codes(ErrorTable errors)
    {
        var words = errors.Refusals.Values.Select(static entry => entry.Code)
            .Concat(errors.Statuses.Values.Select(static entry => entry.Code));
        var codes = ObjectSchemas.OneOf([.. words.Distinct().Order(StringComparer.Ordinal)]);
        codes.Description = "The error code, for programs.";
        return codes;
    }
}
