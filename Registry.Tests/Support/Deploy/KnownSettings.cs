using System.Reflection;
using Microsoft.AspNetCore.Hosting;
using Registry.Api.Hosting;

namespace Registry.Tests.Support.Deploy;

/// <summary>Every setting that the product reads, as the environment names it, found in the types that are bound to them.</summary>
internal static class KnownSettings
{
    public static IReadOnlySet<string> All { get; } = new HashSet<string>(OfService().Concat(OfBackends()).Concat(OfHost()), StringComparer.Ordinal);

    /// <summary>The sections of the service itself: a property of <see cref="RegistrySettings"/> each.</summary>
    private static IEnumerable<string> OfService() =>
        typeof(RegistrySettings).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .SelectMany(static section => Names(section.Name, section.PropertyType))
            .Append(Constant(typeof(StorageSelection), "Setting"))
            .Append(Constant(typeof(PathBaseSettings), "Setting"));

    /// <summary>Whatever options the assemblies of the backends have.</summary>
    private static IEnumerable<string> OfBackends()
    {
        foreach (var backend in typeof(RegistrySettings).Assembly.GetReferencedAssemblies().Where(static name => name.Name!.StartsWith("Registry.Storage.", StringComparison.Ordinal)))
            foreach (var options in Assembly.Load(backend).GetExportedTypes().Where(static type => type.Name.EndsWith("Options", StringComparison.Ordinal)))
            {
                foreach (var name in Names(Constant(options, "Section"), options))
                    yield return name;
                foreach (var plain in options.GetFields().Where(static field => field is { IsLiteral: true, Name: not "Section" }))
                    yield return (string)plain.GetRawConstantValue()!;
            }
    }

    /// <summary>What the web host reads.</summary>
    private static IEnumerable<string> OfHost() =>
        [$"ASPNETCORE_{WebHostDefaults.ServerUrlsKey.ToUpperInvariant()}", $"ASPNETCORE_{WebHostDefaults.HttpPortsKey.ToUpperInvariant()}"];

    private static IEnumerable<string> Names(string section, Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(static property => property.SetMethod is { IsPublic: true })
            .Select(property => $"{section}__{property.Name}".ToUpperInvariant());

    private static string Constant(Type type, string name) =>
        (string)type.GetField(name, BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)!.GetRawConstantValue()!;
}
