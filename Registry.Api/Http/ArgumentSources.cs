using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Registry.Api.Http;

/// <summary>Where MVC looks for the arguments of an action.</summary>
internal static class ArgumentSources
{
    /// <summary>
    /// Keeps MVC from reading bodies to look for arguments, whole, as it does when the <c>Content-Type</c> says form: those of pushes and
    /// uploads stream, those of reads are ignored (CNR, table A). And no name is taken for jQuery's syntax, of which <c>a[</c> would be an error.
    /// </summary>
    public static void ReadArgumentsFromPathAndQueryAlone(this MvcOptions options)
    {
        options.ValueProviderFactories.RemoveType<FormValueProviderFactory>();
        options.ValueProviderFactories.RemoveType<FormFileValueProviderFactory>();
        options.ValueProviderFactories.RemoveType<JQueryFormValueProviderFactory>();
        options.ValueProviderFactories.RemoveType<JQueryQueryStringValueProviderFactory>();
    }
}
