using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.Controllers;
using Registry.Api.Access;
using Registry.Api.Cnr;
using Registry.Api.Oci;

namespace Registry.Api.OpenApi;

/// <summary>An operation of the OpenAPI document: an action with one of its routes and one method.</summary>
internal sealed class OperationDescription
{
    public const string CnrTag = "CNR";
    public const string OciTag = "OCI";
    public const string HelmTag = "Helm";
    public const string KarTag = "KAR";
    public const string TokensTag = "Tokens";
    public const string HealthTag = "Health";
    public const string ApprTag = "appr";

    private static readonly Dictionary<(Type, string), (string Tag, OperationNotes Notes)> Known =
        new[]
        {
            (Tag: CnrTag, CnrOperations.All),
            (Tag: OciTag, OciOperations.All),
            (Tag: HelmTag, HelmOperations.All),
            (Tag: KarTag, KarOperations.All),
            (Tag: TokensTag, TokenOperations.All),
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
                $"{descriptor.DisplayName} is not in a table of operations. Add it there.");
        Dialect = $"/{api.RelativePath}/".StartsWith($"{Dialect.Appr.Root}/", StringComparison.Ordinal)
            ? Dialect.Appr
            : Dialect.Cnr;
        Tag = tag == CnrTag && Dialect == Dialect.Appr ? ApprTag : tag;
    }

    public OperationNotes Notes { get; }

    /// <summary>The dialect of CNR at the route.</summary>
    public Dialect Dialect { get; }

    /// <summary>The group of the operation.</summary>
    public string Tag { get; }

    /// <summary>
    /// The path in the document. A repository name is one route parameter, but OpenAPI parameters cannot contain
    /// slashes: it is shown as two parameters, the usual number of parts.
    /// </summary>
    public string Path
    {
        get
        {
            var path = $"/{api.RelativePath}";
            if (Tag != OciTag)
                return path;
            // The specification ends two paths with a slash, which routing ignores.
            var slash = path == OciProtocol.Root || path.EndsWith("/uploads", StringComparison.Ordinal) ? "/" : "";
            return $"{path.Replace("{name}", "{namespace}/{name}", StringComparison.Ordinal)}{slash}";
        }
    }

    /// <summary>The form of the errors of the operation.</summary>
    public ErrorForm Errors => Tag switch
    {
        ApprTag => ErrorForm.Appr,
        OciTag => ErrorForm.Oci,
        HelmTag => ErrorForm.Helm,
        _ => ErrorForm.Cnr,
    };

    /// <summary>The unique id of the operation.</summary>
    public string Id => IdOf(Tag, Notes);

    /// <summary>Whether the operation ignores credentials.</summary>
    public bool IsPublic => api.ActionDescriptor.EndpointMetadata.OfType<PublicAttribute>().Any();

    public bool IsRead => HttpMethods.IsGet(api.HttpMethod!);

    /// <summary>
    /// Whether the document has the operation. HEAD is described in the text, because listing it adds no information.
    /// </summary>
    public bool IsShown => !HttpMethods.IsHead(api.HttpMethod!);

    /// <summary>Whether generated clients have the operation: once, and only if it is for programs.</summary>
    public bool IsForClients => IsShown && Tag != ApprTag && Notes.ClientName is not null;

    /// <summary>Whether the operation returns a file.</summary>
    public bool IsFile => Returns(typeof(FileResult));

    /// <summary>Whether the operation returns a package only as JSON.</summary>
    public bool IsPackageJson => Returns(typeof(PulledResponse));

    /// <summary>The declared statuses of the operation, with their content types.</summary>
    public IEnumerable<(string Status, IEnumerable<string> ContentTypes)> Responses =>
        from response in api.SupportedResponseTypes
        let types = response.ApiResponseFormats.Select(static format => format.MediaType)
        select (response.StatusCode.ToString(CultureInfo.InvariantCulture), types);

    /// <exception cref="KeyNotFoundException">The action is not in a table of operations.</exception>
    public static OperationDescription Of(ApiDescription api) => new(api);

    /// <summary>
    /// The ids of all operations in display order, with their names in generated clients.
    /// </summary>
    public static IEnumerable<(string Id, string? ClientName)> All =>
        Known.Values.Concat(CnrOperations.All.Select(static entry => (Tag: ApprTag, entry.Notes)))
            .Select(static known => (IdOf(known.Tag, known.Notes), known.Notes.ClientName));

    private static string IdOf(string tag, OperationNotes notes) => tag.ToLowerInvariant() + notes.Name;

    private bool Returns(Type type) => api.SupportedResponseTypes.Any(response => response.Type == type);
}
