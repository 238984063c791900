using System.Text.Json.Nodes;
using NJsonSchema;
using NSwag;

namespace Registry.Api.OpenApi;

/// <summary>The schemas of Helm repositories, with examples that match <see cref="Sample"/>.</summary>
internal static class HelmSchemas
{
    /// <summary>The name of the schema of a release that no index lists.</summary>
    public const string Unlisted = "UnlistedChart";

    private const string Multipart = "multipart/form-data";

    /// <summary>Returns the index entry of the sample.</summary>
    public static JsonObject Chart() => new()
    {
        ["name"] = Sample.Name,
        ["version"] = Sample.Release,
        ["description"] = "A search engine",
        ["apiVersion"] = "v2",
        ["appVersion"] = "8.15.0",
        ["urls"] = new JsonArray($"charts/{Sample.ChartFile}"),
        ["created"] = "2026-11-22T04:12:06Z",
        ["digest"] = Sample.ChartDigest,
    };

    /// <summary>Returns a list of charts with the sample.</summary>
    public static JsonObject Charts() => new() { [Sample.Name] = new JsonArray(Chart()) };

    /// <summary>Returns an index with the sample.</summary>
    public static JsonObject Index() => new()
    {
        ["apiVersion"] = "v1",
        ["entries"] = Charts(),
        ["serverInfo"] = new JsonObject { ["contextPath"] = "/helm" },
    };

    /// <summary>Returns the body of the push of a chart.</summary>
    public static OpenApiRequestBody ChartBody() => new()
    {
        Description = "The archive (any Content-Type except a form), or a form with the archive, its provenance file "
            + "or both.",
        IsRequired = true,
        Content =
        {
            ["application/gzip"] = new OpenApiMediaType { Schema = File("The archive: a `.tgz`.") },
            [Multipart] = Form(("chart", "The archive: a `.tgz`."), ("prov", "The provenance file.")),
        },
    };

    /// <summary>Returns the body of the push of a provenance file.</summary>
    public static OpenApiRequestBody ProvenanceBody() => new()
    {
        Description = "The file (any Content-Type except a form), or a form with the file.",
        IsRequired = true,
        Content =
        {
            ["application/pgp-signature"] = new OpenApiMediaType { Schema = File("The provenance file.") },
            [Multipart] = Form(("prov", "The provenance file.")),
        },
    };

    /// <summary>Returns the schema of an index.</summary>
    public static JsonSchema IndexSchema(OpenApiDocument document) => ObjectSchemas.Define(
        document,
        "ChartIndex",
        () => ObjectSchemas.Object("The index of a Helm repository.", new()
        {
            ["apiVersion"] = ObjectSchemas.Text("The version of the format: `v1`."),
            ["entries"] = Entries(document),
            ["serverInfo"] = new JsonSchemaProperty
            {
                Type = JsonObjectType.Object,
                Description = "For ChartMuseum clients: the path at which the API begins, without `/api`.",
                AdditionalPropertiesSchema = ObjectSchemas.Text(),
            },
        }));

    /// <summary>Returns the schema of a list of charts, or of the releases that are not listed.</summary>
    public static JsonSchema ListSchema(OpenApiDocument document) => new()
    {
        OneOf =
        {
            Entries(document),
            ObjectSchemas.ArrayOf(UnlistedSchema(document), "With `unlisted`: the releases that no index lists."),
        },
    };

    /// <summary>Returns the schema of the versions of a chart.</summary>
    public static JsonSchema VersionsSchema(OpenApiDocument document) => ObjectSchemas.ArrayOf(ChartSchema(document));

    /// <summary>Returns the schema of an entry of an index: it has all fields of the Chart.yaml.</summary>
    public static JsonSchema ChartSchema(OpenApiDocument document) => ObjectSchemas.Define(
        document,
        "ChartVersion",
        static () => ObjectSchemas.Open(ObjectSchemas.Object(
            "A version of a chart: the fields of its Chart.yaml, and where its archive is.",
            new()
            {
                ["name"] = ObjectSchemas.Text("The name of the chart."),
                ["version"] = ObjectSchemas.Text("The version of the chart."),
                ["urls"] = ObjectSchemas.ArrayOf(
                    ObjectSchemas.Text(), "The URLs of the archive, relative to the index."),
                ["created"] = Time("The time of the push."),
                ["digest"] = Sha256("The sha256 of the archive."),
            },
            new()
            {
                ["apiVersion"] = ObjectSchemas.Text("The version of the format of the Chart.yaml."),
                ["appVersion"] = ObjectSchemas.Text("The version of the application."),
                ["description"] = ObjectSchemas.Text("What the chart is for."),
            })));

    /// <summary>Returns the schema of the response to a push.</summary>
    public static JsonSchema SavedSchema(OpenApiDocument document) => ObjectSchemas.Define(
        document,
        "ChartSaved",
        static () => ObjectSchemas.Object("The result of a push.", new() { ["saved"] = True() }));

    /// <summary>Returns the schema of the response to a delete.</summary>
    public static JsonSchema DeletedSchema(OpenApiDocument document) => ObjectSchemas.Define(
        document,
        "ChartDeleted",
        static () => ObjectSchemas.Object("The result of a delete.", new() { ["deleted"] = True() }));

    private static JsonSchema UnlistedSchema(OpenApiDocument document) => ObjectSchemas.Define(
        document,
        Unlisted,
        static () => ObjectSchemas.Object(
            "A release in media type helm that is not in the index.",
            new()
            {
                ["name"] = ObjectSchemas.Text("The name of the package."),
                ["version"] = ObjectSchemas.Text("The release."),
                ["reason"] = ObjectSchemas.Text("Why the index does not list it."),
            }));

    private static JsonSchemaProperty Entries(OpenApiDocument document) => new()
    {
        Type = JsonObjectType.Object,
        Description = "The versions of each chart by its name, newest first.",
        AdditionalPropertiesSchema = VersionsSchema(document),
    };

    private static OpenApiMediaType Form(params ReadOnlySpan<(string Name, string Description)> fields)
    {
        var schema = ObjectSchemas.Object(description: null, required: []);
        foreach (var (name, description) in fields)
            schema.Properties.Add(name, File(description));
        return new OpenApiMediaType { Schema = schema };
    }

    private static JsonSchemaProperty File(string description)
    {
        var schema = ObjectSchemas.Binary();
        schema.Description = description;
        return schema;
    }

    private static JsonSchemaProperty True() => new() { Type = JsonObjectType.Boolean, Description = "Always `true`." };

    private static JsonSchemaProperty Time(string description)
    {
        var schema = ObjectSchemas.Text(description);
        schema.Format = "date-time";
        return schema;
    }

    private static JsonSchemaProperty Sha256(string description)
    {
        var schema = ObjectSchemas.Text(description);
        schema.Pattern = ParameterDescription.DigestPattern;
        return schema;
    }
}
