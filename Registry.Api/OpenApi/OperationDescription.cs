using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.Controllers;
using Registry.Api.Cnr;

namespace Registry.Api.OpenApi;

/// <summary>An operation as the document knows it: an action at one of its addresses, under one method.</summary>
internal sealed class OperationDescription
{
    public const string CnrTag = "CNR";
    public const string KarTag = "KAR";
    public const string HealthTag = "Health";
    public const string ApprTag = "appr";

    private static readonly Dictionary<(Type, string), (string Tag, OperationNotes Notes)> Known =
        new[]
        {
            (Tag: CnrTag, CnrOperations.All),
            (Tag: KarTag, KarOperations.All),
            (Tag: HealthTag, HealthOperations.All)
        }
            .SelectMany(static group => group.All, static (group, entry) => (group.Tag, Entry: entry))
            .ToDictionary(
                static found => (found.Entry.Controller, found.Entry.Action),
                static found => (found.Tag, found.Entry.Notes));

    private readonly ApiDescription api;

    private OperationDescription(ApiDescription api)
    {
        this.api = api;
        var descriptor = (ControllerActionDescriptor)api.ActionDescriptor;
        var action = (descriptor.ControllerTypeInfo.AsType(), descriptor.MethodInfo.Name);
        (var tag, Notes) = Known.TryGetValue(action, out var known)
            ? known
            : throw new KeyNotFoundException(
                $"{descriptor.DisplayName} is in no table of operations. Describe it there.");
        Dialect = $"/{api.RelativePath}/".StartsWith($"{Dialect.Appr.Root}/", StringComparison.Ordinal)
            ? Dialect.Appr
            : Dialect.Cnr;
        Tag = tag == CnrTag && Dialect == Dialect.Appr ? ApprTag : tag;
    }

    public OperationNotes Notes { get; }

    /// <summary>The generation of CNR that is spoken there.</summary>
    public Dialect Dialect { get; }

    /// <summary>Which group it belongs to.</summary>
    public string Tag { get; }

    /// <summary>Its name among all operations.</summary>
    public string Id => IdOf(Tag, Notes);

    public bool IsRead => HttpMethods.IsGet(api.HttpMethod!);

    /// <summary>HEAD is left to the text: it would double everything and say nothing.</summary>
    public bool IsShown => !HttpMethods.IsHead(api.HttpMethod!);

    /// <summary>Whether generated clients have it: once, and only if it is for programs.</summary>
    public bool IsForClients => IsShown && Tag != ApprTag && Notes.ClientName is not null;

    /// <summary>Whether it gives out a file.</summary>
    public bool IsFile => Answers(typeof(FileResult));

    /// <summary>Whether it gives out a package in JSON and in no other form.</summary>
    public bool IsPackageJson => Answers(typeof(PulledForm));

    /// <summary>Everything that it answers when it succeeds, and with what types of content.</summary>
    public IEnumerable<(string Status, IEnumerable<string> ContentTypes)> Responses =>
        from response in api.SupportedResponseTypes
        let types = response.ApiResponseFormats.Select(static format => format.MediaType)
        select (response.StatusCode.ToString(CultureInfo.InvariantCulture), types);

    /// <exception cref="KeyNotFoundException">The action is in no table of operations.</exception>
    public static OperationDescription Of(ApiDescription api) => new(api);

    /// <summary>
    /// The ids of all operations in the order in which they are shown, with their names in generated clients.
    /// </summary>
    public static IEnumerable<(string Id, string? ClientName)> All =>
        Known.Values.Concat(CnrOperations.All.Select(static entry => (Tag: ApprTag, entry.Notes)))
            .Select(static known => (IdOf(known.Tag, known.Notes), known.Notes.ClientName));

    private static string IdOf(string tag, OperationNotes notes) => tag.ToLowerInvariant() + notes.Name;

    private bool Answers(Type type) => api.SupportedResponseTypes.Any(response => response.Type == type);
}
