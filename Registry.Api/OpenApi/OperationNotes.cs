using System.Text.Json.Nodes;
using NJsonSchema;
using NSwag;
using Registry.Api.Cnr;
using Registry.Core.Errors;

namespace Registry.Api.OpenApi;

/// <summary>The parts of an operation's description that do not follow from the code of its action.</summary>
/// <param name="Name">The name of the operation, which becomes its id when prefixed with the group.</param>
/// <param name="Refusals">
/// An example of every domain error of the operation. Statuses, codes, headers and bodies come from the error table.
/// </param>
internal sealed record OperationNotes(string Name, params IReadOnlyList<RegistryException> Refusals)
{
    /// <summary>The name of the method in generated clients; null if they do not have the operation.</summary>
    public string? ClientName { get; init; } = Name;

    /// <summary>
    /// The JSON response to a request with the values of <see cref="Sample"/>; null if the response is not JSON.
    /// </summary>
    public Func<Dialect, JsonNode?>? Example { get; init; }

    /// <summary>
    /// Returns the schema of a JSON response, and adds the schemas it references to the document; null if the type of
    /// the action defines it.
    /// </summary>
    public Func<OpenApiDocument, Dialect, JsonSchema>? Schema { get; init; }

    /// <summary>Returns the request body, and adds the schemas it references to the document; null for none.</summary>
    public Func<OpenApiDocument, OpenApiRequestBody>? Body { get; init; }

    /// <summary>
    /// The headers of each success status, in addition to those that follow from other properties.
    /// </summary>
    public IReadOnlyDictionary<string, string[]> Headers { get; init; } = new Dictionary<string, string[]>();

    /// <summary>
    /// The query parameters that are required. Their actions bind them as optional, to return an error of the protocol.
    /// </summary>
    public IReadOnlyList<string> Required { get; init; } = [];

    /// <summary>Whether a read has an entity tag.</summary>
    public bool HasEntityTag { get; init; } = true;

    /// <summary>Whether the operation uses the storage, which may fail.</summary>
    public bool UsesStorage { get; init; } = true;

    /// <summary>Returns the headers of a success status.</summary>
    public IReadOnlyList<string> HeadersOf(string status) => Headers.GetValueOrDefault(status) ?? [];
}
