using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ModelBinding.Metadata;

namespace Registry.Api.Http;

/// <summary>
/// How the arguments of actions are bound: from the path and the query, by MVC's own value providers.
/// </summary>
internal static class ArgumentBinding
{
    /// <summary>
    /// Leaves bodies alone, and empty arguments empty.
    /// MVC reads a body whole before any action where the <c>Content-Type</c> says form, as curl's <c>--data</c> does.
    /// No action takes a form from MVC: pushes and uploads stream their bodies (CNR, table A), all others ignore them.
    /// </summary>
    public static void BindPathAndQuery(this MvcOptions options)
    {
        options.ValueProviderFactories.RemoveType<FormValueProviderFactory>();
        options.ValueProviderFactories.RemoveType<FormFileValueProviderFactory>();
        options.ValueProviderFactories.RemoveType<JQueryFormValueProviderFactory>();
        // It reads name[] as name, a spelling that neither protocol has.
        options.ValueProviderFactories.RemoveType<JQueryQueryStringValueProviderFactory>();
        options.ModelMetadataDetailsProviders.Add(new EmptyTexts());
    }

    /// <summary>Keeps an empty text: <c>namespace=</c> and no namespace are two things to both protocols.</summary>
    private sealed class EmptyTexts : IDisplayMetadataProvider
    {
        public void CreateDisplayMetadata(DisplayMetadataProviderContext context) =>
            context.DisplayMetadata.ConvertEmptyStringToNull = false;
    }
}
