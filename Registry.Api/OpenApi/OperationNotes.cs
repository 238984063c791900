using System.Text.Json.Nodes;
using NJsonSchema;
using NSwag;
using Registry.Api.Cnr;
using Registry.Core.Errors;

namespace Registry.Api.OpenApi;

/// <summary>What the document says of an action beyond what its code says already.</summary>
/// <param name="Name">The operation in a word or two; its id once the API is put before it.</param>
/// <param name="Refusals">
/// One example of everything that the domain may refuse, as it would throw it. Statuses, codes, headers and bodies
/// follow from the error table.
/// </param>
internal sealed record OperationNotes(string Name, params IReadOnlyList<RegistryException> Refusals)
{
    /// <summary>The name of the method in generated clients; null where they do not have the operation.</summary>
    public string? ClientName { get; init; } = Name;

    /// <summary>
    /// The JSON that answers a request with the values of <see cref="Sample"/>; null for an answer that is no JSON.
    /// </summary>
    public Func<Dialect, JsonNode?>? Answer { get; init; }

    /// <summary>
    /// The shape of that answer and its name, where the type of the action does not say it; null where it does.
    /// </summary>
    public Func<Dialect, (string Name, JsonSchema Schema)>? Shape { get; init; }

    /// <summary>The body that it takes; null for none.</summary>
    public Func<OpenApiRequestBody>? Body { get; init; }

    /// <summary>Whether a read has an entity tag.</summary>
    public bool Tagged { get; init; } = true;

    /// <summary>Whether it asks the storage, which may fail.</summary>
    public bool Stored { get; init; } = true;
}
