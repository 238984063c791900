using System.Reflection;
using System.Xml.Linq;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Unit;

/// <summary>Which project may reference what.</summary>
public sealed class ArchitectureTests
{
    /// <summary>The client libraries that each backend may use; the filesystem has none.</summary>
    private static readonly Dictionary<string, string[]> Clients = new(StringComparer.Ordinal)
    {
        ["Registry.Storage.Filesystem"] = [],
        ["Registry.Storage.Redis"] = ["StackExchange.Redis"],
        ["Registry.Storage.Etcd"] = ["dotnet-etcd", "Google.Protobuf", "Grpc.Core.Api", "Grpc.Net.Client"],
        ["Registry.Storage.Gcs"] =
        [
            "Google.Cloud.Storage.V1", "Google.Api.Gax.Rest", "Google.Apis", "Google.Apis.Auth", "Google.Apis.Core",
            "Google.Apis.Storage.v1",
            "Newtonsoft.Json",
        ],
    };

    /// <summary>The libraries that the core may use.</summary>
    private static readonly string[] CoreLibraries = ["System.IO.Hashing", "YamlDotNet"];

    private static IEnumerable<string> StorageProjects => Directory
        .EnumerateDirectories(RegistryProcess.Root, "Registry.Storage.*")
        .Select(static folder => Path.GetFileName(folder))
        .Where(static name => File.Exists(ProjectFile(name)));

    [Test]
    public void Core_references_neither_ASP_NET_nor_any_storage_client()
    {
        Assert.That(References("Registry.Core").Where(static name => !IsFramework(name) && !IsAllowed(name)), Is.Empty);
        Assert.That(Declared("Registry.Core", "PackageReference").Where(static name => !IsAllowed(name)), Is.Empty);
        Assert.That(Declared("Registry.Core", "ProjectReference"), Is.Empty);
        Assert.That(Declared("Registry.Core", "FrameworkReference"), Is.Empty);
    }

    [TestCaseSource(nameof(StorageProjects))]
    public void A_storage_project_references_only_Core_its_client_and_abstractions(string project)
    {
        var allowed = Clients[project];
        var unwanted = References(project)
            .Where(
                name =>
                    name != "Registry.Core" && !IsFramework(name) && !IsAbstraction(name) && !allowed.Contains(name));
        Assert.That(unwanted, Is.Empty);
        Assert.That(
            Declared(project, "ProjectReference").Select(
                static path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'))),
            Is.EqualTo(new[] { "Registry.Core" }));
        Assert.That(Declared(project, "FrameworkReference"), Is.Empty);
    }

    [Test]
    public void Every_storage_project_is_listed() =>
        Assert.That(StorageProjects, Is.SubsetOf(Clients.Keys).And.Not.Empty);

    [Test]
    public void Only_the_composition_names_backends()
    {
        var sources = Directory.EnumerateFiles(
            Path.Combine(RegistryProcess.Root, "Registry.Api"), "*.cs", SearchOption.AllDirectories)
            .Concat(
                Directory.EnumerateFiles(
                    Path.Combine(RegistryProcess.Root, "Registry.Core"), "*.cs", SearchOption.AllDirectories))
            .Where(
                static path =>
                    !path.Contains("/obj/", StringComparison.Ordinal)
                        && !path.Contains("/bin/", StringComparison.Ordinal));
        var naming = sources.Where(
            static path =>
                File.ReadLines(path)
                    .Any(static line => line.StartsWith("using Registry.Storage.", StringComparison.Ordinal)));
        Assert.That(naming.Select(static path => Path.GetFileName(path)), Is.EqualTo(new[] { "StorageSelection.cs" }));
    }

    private static bool IsAllowed(string name) => IsAbstraction(name) || CoreLibraries.Contains(name);

    private static bool IsFramework(string name) =>
        name is "netstandard" or "mscorlib"
            || (name.StartsWith("System.", StringComparison.Ordinal)
                && !name.StartsWith("System.Web", StringComparison.Ordinal));

    private static bool IsAbstraction(string name) =>
        name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal)
        && (name.EndsWith(
            ".Abstractions",
            StringComparison.Ordinal) || name.StartsWith("Microsoft.Extensions.Options", StringComparison.Ordinal)
            || name is "Microsoft.Extensions.Configuration.Binder");

    /// <summary>The references of the compiled assembly.</summary>
    private static IEnumerable<string> References(string project) =>
        Assembly.Load(project).GetReferencedAssemblies().Select(static reference => reference.Name!);

    /// <summary>The references declared in the project file.</summary>
    private static IEnumerable<string> Declared(string project, string kind) => XDocument.Load(ProjectFile(project))
        .Descendants(kind)
        .Where(static reference => reference.Attribute("PrivateAssets")?.Value != "all")
        .Select(static reference => reference.Attribute("Include")!.Value)
        .Where(name => kind != "PackageReference" || !IsClientOf(project, name))
        .Where(name => kind != "PackageReference" || !IsAbstraction(name));

    private static bool IsClientOf(string project, string package) =>
        Clients.GetValueOrDefault(project, []).Contains(package);

    private static string ProjectFile(string project) =>
        Path.Combine(RegistryProcess.Root, project, $"{project}.csproj");
}
