using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;

namespace Registry.Api.Http;

/// <summary>
/// Disables MVC's validation. The arguments of all actions are plain strings and numbers, which the domain validates;
/// MVC would visit each of them on every request for nothing.
/// </summary>
internal sealed class NoValidation : IObjectModelValidator
{
    public void Validate(
        ActionContext actionContext, ValidationStateDictionary? validationState, string prefix, object? model)
    {
    }
}
