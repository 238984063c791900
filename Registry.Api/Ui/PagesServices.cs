using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Mvc;
using Registry.Api.Http;

namespace Registry.Api.Ui;

/// <summary>Composition of the pages.</summary>
internal static class PagesServices
{
    /// <summary>Adds what the pages need.</summary>
    public static IServiceCollection AddPages(this IServiceCollection services) => services
        .AddSingleton<ApiProtocol, PagesProtocol>()
        .AddSingleton<ArtifactPages>()
        .AddSingleton<RenderedReadmes>()
        .AddSingleton<ReleasePages>();

    /// <summary>
    /// Adds the views of the pages, without the parts of MVC views that would slow down other requests.
    /// </summary>
    public static IMvcCoreBuilder AddPageViews(this IMvcCoreBuilder mvc)
    {
        var services = mvc.Services;

        // No page encrypts anything. The default would create keys in the home directory, at every start.
        services.AddSingleton<IDataProtectionProvider, EphemeralDataProtectionProvider>();
        mvc.AddViews().AddRazorViewEngine(static razor =>
        {
            razor.ViewLocationFormats.Clear();
            razor.ViewLocationFormats.Add("/Ui/Views/{0}.cshtml");
        });
        var keys = typeof(IDataProtectionBuilder).Assembly;
        foreach (var service in services
            .Where(service => service.ServiceType == typeof(IHostedService)
                && service.ImplementationType?.Assembly == keys)
            .ToList())
            services.Remove(service);

        // These filters save TempData after every action, and no action uses it.
        services.PostConfigure<MvcOptions>(static options =>
        {
            foreach (var filter in options.Filters
                .Where(static filter => filter.GetType().Assembly == typeof(ViewResult).Assembly)
                .ToList())
                options.Filters.Remove(filter);
        });
        return mvc;
    }
}
