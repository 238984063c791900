using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Registry.Api.Http;

/// <summary>
/// Binds a parameter to all arguments of its name in the query string, in their order; empty when the client sent none.
/// MVC's binder of collections would also accept <c>name[0]</c> for name, which no protocol allows, and fails with an
/// internal error if there are more than 1,024 of those.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class FromRepeatedQueryAttribute : ModelBinderAttribute
{
    public FromRepeatedQueryAttribute() : base(typeof(Binder)) => BindingSource = BindingSource.Query;

    private sealed class Binder : IModelBinder
    {
        public Task BindModelAsync(ModelBindingContext bindingContext)
        {
            string?[] values = [.. bindingContext.HttpContext.Request.Query[bindingContext.ModelName]];
            bindingContext.Result = ModelBindingResult.Success(values);
            return Task.CompletedTask;
        }
    }
}
