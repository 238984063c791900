using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ModelBinding.Metadata;

namespace Registry.Api.Http;

/// <summary>
/// Binds the arguments of actions from the path and the query, by MVC's own value providers.
/// </summary>
internal static class ArgumentBinding
{
    /// <summary>
    /// Keeps MVC from reading bodies, and keeps empty arguments empty.
    /// MVC reads the whole body before any action if the <c>Content-Type</c> is a form, as with curl's <c>--data</c>.
    /// No action takes a form from MVC: pushes and uploads stream their bodies, all others ignore them.
    /// </summary>
    public static void BindPathAndQuery(this MvcOptions options)
    {
        options.ValueProviderFactories.RemoveType<FormValueProviderFactory>();
        options.ValueProviderFactories.RemoveType<FormFileValueProviderFactory>();
        options.ValueProviderFactories.RemoveType<JQueryFormValueProviderFactory>();
        // It would accept name[] for name, which no protocol allows.
        options.ValueProviderFactories.RemoveType<JQueryQueryStringValueProviderFactory>();
        options.ModelMetadataDetailsProviders.Add(new EmptyStrings());
    }

    /// <summary>Keeps empty strings: <c>namespace=</c> differs from no namespace.</summary>
    private sealed class EmptyStrings : IDisplayMetadataProvider
    {
        public void CreateDisplayMetadata(DisplayMetadataProviderContext context) =>
            context.DisplayMetadata.ConvertEmptyStringToNull = false;
    }
}
