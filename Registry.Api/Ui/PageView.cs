using System.Globalization;
using Microsoft.AspNetCore.Mvc.Razor;

namespace Registry.Api.Ui;

/// <summary>What all views have in common.</summary>
internal static class PageView
{
    /// <summary>The name of the product.</summary>
    public const string Product = "Application registry";
}

/// <summary>The base of all views.</summary>
internal abstract class PageView<TModel> : RazorPage<TModel>
{
    /// <summary>
    /// The relative path from the page to the root of the registry. A proxy may have removed a prefix that the registry
    /// does not know, so no link begins with a slash.
    /// </summary>
    public string Root => PageLinks.RootFrom(Context.Request);

    /// <summary>Formats a number for people.</summary>
    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>The title of the page.</summary>
    public string Title
    {
        get => ViewData["Title"] as string ?? "";
        set => ViewData["Title"] = value;
    }

    /// <summary>Whether the page has its own search, so that its header needs none.</summary>
    public bool HasSearch
    {
        get => ViewData["HasSearch"] is true;
        set => ViewData["HasSearch"] = value;
    }
}
