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

    private static readonly Dictionary<(Type, string), OperationNotes> AllNotes = CnrOperations.All.Concat(KarOperations.All)
        .ToDictionary(entry => (entry.Controller, entry.Action), entry => entry.Notes);

    private static readonly List<(Type, string)> Order = [.. CnrOperations.All.Concat(KarOperations.All).Select(entry => (entry.Controller, entry.Action))];

    private readonly ApiDescription api;
    private readonly (Type, string) action;

    private OperationDescription(ApiDescription api)
    {
        this.api = api;
        var descriptor = (ControllerActionDescriptor)api.ActionDescriptor;
        action = (descriptor.ControllerTypeInfo.AsType(), descriptor.MethodInfo.Name);
    }

    /// <exception cref="KeyNotFoundException">The action has no notes: whoever adds one describes it.</exception>
    public OperationNotes Notes => AllNotes.TryGetValue(action, out var notes)
        ? notes
        : throw new KeyNotFoundException($"{action.Item1.Name}.{action.Item2} is in no table of operations.");

    /// <summary>The generation of CNR that is spoken there.</summary>
    public Dialect Dialect => $"/{api.RelativePath}/".StartsWith($"{Dialect.Appr.Root}/", StringComparison.Ordinal) ? Dialect.Appr : Dialect.Cnr;

    /// <summary>Which group it belongs to.</summary>
    public string Tag => KarOperations.All.Any(entry => entry.Controller == action.Item1) ? KarTag : CnrTag;

    /// <summary>Its name among all operations.</summary>
    public string Id => $"{(Tag == KarTag ? "kar" : Dialect.Vendor)}{Notes.Name}";

    /// <summary>Sorts operations as they are shown: by API, generation and place in the tables.</summary>
    public string SortKey => $"{(Tag == KarTag ? 2 : Dialect == Dialect.Appr ? 1 : 0)}{Order.IndexOf(action):d3}";

    public bool IsRead => HttpMethods.IsGet(api.HttpMethod!);

    /// <summary>Whether it gives out a file.</summary>
    public bool IsFile => Answers(typeof(FileResult));

    /// <summary>Whether it gives out a package in JSON and in no other form.</summary>
    public bool IsPackageJson => Answers(typeof(PulledForm));

    public static OperationDescription Of(ApiDescription api) => new(api);

    /// <summary>HEAD is left to the text: it would double everything and say nothing.</summary>
    public static bool IsShown(ApiDescription api) => !HttpMethods.IsHead(api.HttpMethod!);

    private bool Answers(Type type) => api.SupportedResponseTypes.Any(response => response.Type == type);
}
