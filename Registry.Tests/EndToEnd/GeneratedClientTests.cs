using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NJsonSchema.CodeGeneration.CSharp;
using NSwag;
using NSwag.CodeGeneration.CSharp;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>
/// The C# client that is generated from <c>/openapi/client.json</c>, and the documented program that uses it.
/// </summary>
public sealed class GeneratedClientTests : IDisposable
{
    private const string Program = "program";

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(3)).Token;
    private readonly TemporaryFolder compiled = new();
    private string page = "";
    private string document = "";

    /// <summary>Compiles the program. Its argument replaces the address in the documentation.</summary>
    [OneTimeSetUp]
    public async Task CompileAsync()
    {
        await using var registry = await RegistryHost.StartAsync();
        document = await registry.Client.GetStringAsync("/openapi/client.json", cancellationToken);
        var documentation = Path.Combine(RegistryProcess.Root, "Documentation", "generated-clients.md");
        page = await File.ReadAllTextAsync(documentation, cancellationToken);
        var program = Block(page, "csharp").Replace("\"http://localhost:5000/\"", "args[0]", StringComparison.Ordinal);
        Compile(compiled, program, await GenerateAsync(document));
    }

    public void Dispose() => compiled.Dispose();

    [TestCase("")]
    [TestCase("/registry")]
    public async Task The_documented_program_works(string prefix)
    {
        await using var registry = await RegistryHost.StartAsync($"--PATHBASE={prefix}");
        Assert.That(
            await registry.Client.GetStringAsync($"{prefix}/openapi/client.json", cancellationToken),
            Is.EqualTo(document));
        using var folder = new TemporaryFolder();
        var sample = Path.Combine(AppContext.BaseDirectory, "Data", "elasticsearch-chart.tar.gz");
        var chart = await File.ReadAllBytesAsync(sample, cancellationToken);
        await File.WriteAllBytesAsync(folder.Below("chart.tar.gz"), chart, cancellationToken);
        var address = $"{registry.Address}{prefix.TrimStart('/')}";

        Assert.That(
            await Curl.ShellAsync(
                folder.Path, $"dotnet '{compiled.Below(Program)}.dll' '{address}'", cancellationToken),
            Is.EqualTo(Block(page, "")));
        Assert.That(await File.ReadAllBytesAsync(folder.Below("pulled.tar.gz"), cancellationToken), Is.EqualTo(chart));
    }

    /// <summary>Generates the client like the documented command.</summary>
    private async Task<string> GenerateAsync(string json)
    {
        var described = await OpenApiDocument.FromJsonAsync(json, cancellationToken);
        return new CSharpClientGenerator(described, new CSharpClientGeneratorSettings
        {
            ClassName = "RegistryClient",
            CSharpGeneratorSettings = { Namespace = "Registry.Client", JsonLibrary = CSharpJsonLibrary.SystemTextJson },
        }).GenerateFile();
    }

    /// <summary>Compiles a program for the current runtime. It may use only the framework.</summary>
    private static void Compile(TemporaryFolder folder, params string[] sources)
    {
        const string ImplicitUsings =
            "global using System; global using System.IO; global using System.Net.Http; global using "
                + "System.Threading.Tasks;";
        var libraries = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var compilation = CSharpCompilation.Create(
            Program,
            sources.Append(ImplicitUsings).Select(static source => CSharpSyntaxTree.ParseText(source)),
            from path in Directory.EnumerateFiles(libraries, "System*.dll")
            where !path.Contains(".Native", StringComparison.Ordinal)
            select MetadataReference.CreateFromFile(path),
            new CSharpCompilationOptions(OutputKind.ConsoleApplication));
        using (var assembly = File.Create(folder.Below($"{Program}.dll")))
        {
            var made = compilation.Emit(assembly);
            var errors = made.Diagnostics.Where(static message => message.Severity == DiagnosticSeverity.Error);
            Assert.That(made.Success, string.Join('\n', errors));
        }

        var framework = new JsonObject { ["name"] = "Microsoft.NETCore.App", ["version"] = $"{Environment.Version}" };
        var invariant = new JsonObject { ["System.Globalization.Invariant"] = true };
        var options = new JsonObject { ["framework"] = framework, ["configProperties"] = invariant };
        File.WriteAllText(
            folder.Below(
                $"{Program}.runtimeconfig.json"), new JsonObject { ["runtimeOptions"] = options }.ToJsonString());
    }

    private static string Block(string markdown, string language) => Regex
        .Matches(markdown, @"^```(\w*)\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)
        .First(block => block.Groups[1].Value == language).Groups[2].Value;
}
