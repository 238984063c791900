using System.Text.Json;
using Registry.Api.Http;
using Registry.Api.Http.Errors;
using Registry.Core.Access;

namespace Registry.Api.Cnr;

/// <summary>CNR at one of its two base paths.</summary>
internal sealed class CnrProtocol : ApiProtocol
{
    private readonly bool nestsErrors;

    private CnrProtocol(bool nestsErrors, params IReadOnlyList<PathString> paths)
        : base(paths) => this.nestsErrors = nestsErrors;

    /// <summary>Returns the protocol of a dialect.</summary>
    /// <remarks>Appr owns everything below its root; CNR shares the root with others.</remarks>
    public static CnrProtocol Of(Dialect dialect) => dialect == Dialect.Appr
        ? new CnrProtocol(nestsErrors: true, Dialect.ApprRoot)
        : new CnrProtocol(nestsErrors: false, "/api/v1/packages", "/version");

    /// <inheritdoc/>
    public override string Name => "cnr";

    /// <inheritdoc/>
    public override ErrorTable Errors => CnrErrorTable.Instance;

    /// <inheritdoc/>
    public override IEnumerable<AccessResource> ResourcesOf(HttpContext context)
    {
        var values = context.Request.RouteValues;
        if (values["name"] is not string name)
            return [AccessResource.Package("")];
        return CnrName.TryCreate((string)values["namespace"]!, name, out var package)
            ? [AccessResource.Package(package.Value)]
            : [];
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Below <c>/cnr</c> the same object is repeated under <c>error</c>, where Quay's clients read it.
    /// </remarks>
    public override void WriteError(Utf8JsonWriter json, ErrorResponse error)
    {
        json.WriteStartObject();
        ErrorMembers.Write(json, error);
        if (nestsErrors)
        {
            json.WriteStartObject("error");
            ErrorMembers.Write(json, error);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}

/// <summary>Composition of CNR.</summary>
internal static class CnrServices
{
    /// <summary>Adds what CNR needs at both base paths.</summary>
    public static IServiceCollection AddCnr(this IServiceCollection services) => services
        .AddSingleton<ApiProtocol>(CnrProtocol.Of(Dialect.Cnr))
        .AddSingleton<ApiProtocol>(CnrProtocol.Of(Dialect.Appr))
        .AddSingleton<ListBodies>();
}
