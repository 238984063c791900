using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;

namespace Registry.Api.Http;

/// <summary>
/// Validates nothing. The arguments of all actions are plain texts and numbers, judged by the rules themselves; MVC
/// would visit each, on each request, to find that nothing is demanded of it.
/// </summary>
internal sealed class NoValidation : IObjectModelValidator
{
    public void Validate(
        ActionContext actionContext, ValidationStateDictionary? validationState, string prefix, object? model)
    {
    }
}
