using System.Reflection;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Controllers;
using Registry.Api.Access;

namespace Registry.Api.Hosting;

/// <summary>Finds internal controllers: no other assembly uses them, so they are not public.</summary>
/// <param name="requiresScopes">See <see cref="AccessOptions.RequiresScopes"/>.</param>
internal sealed class InternalControllers(bool requiresScopes) : ControllerFeatureProvider
{
    protected override bool IsController(TypeInfo typeInfo) =>
        typeInfo is { IsClass: true, IsAbstract: false }
        && typeInfo.IsAssignableTo(typeof(ControllerBase))
        && (requiresScopes || !typeInfo.IsDefined(typeof(RequiresTokenModeAttribute)));
}
