using System.Reflection;

namespace Registry.Api.Health;

/// <summary>The version of the product.</summary>
internal static class ProductVersion
{
    /// <summary>The version in <c>Directory.Build.props</c>, such as <c>1.1.0</c>.</summary>
    public static string Text { get; } =
        typeof(ProductVersion).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
}
