using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Deploy;

namespace Registry.Tests.Unit.Deploy;

/// <summary>The Dockerfile, as far as it can be checked without a build.</summary>
internal sealed class DockerfileTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(RegistryProcess.Root, "deploy", "Dockerfile"))
        .Replace("\\\n", " ", StringComparison.Ordinal);

    private static readonly (string Instruction, string Words)[] Instructions =
    [
        .. Text.Split('\n')
            .Where(static line => line.Length > 0 && line[0] != '#')
            .Select(static line => line.Split(' ', 2, StringSplitOptions.TrimEntries))
            .Select(static words => (words[0], words[1])),
    ];

    private static int LastStage => Array.FindLastIndex(Instructions, static line => line.Instruction == "FROM");

    [Test]
    public void The_SDK_image_builds_and_the_runtime_image_runs()
    {
        var stages = Of("FROM").ToList();
        Assert.That(stages, Has.Count.EqualTo(2));
        Assert.That(stages, Is.EqualTo(new[] { "${SDK} AS build", "${RUNTIME}" }));
        Assert.That(
            Instructions[LastStage..].Where(static line => line.Instruction == "COPY")
                .Select(static line => line.Words),
            Is.EqualTo(new[] { "--from=build /app ." }));

        var framework = XDocument.Load(Path.Combine(RegistryProcess.Root, "Directory.Build.props"))
            .Descendants("TargetFramework")
            .Single().Value;
        var version = framework["net".Length..];
        Assert.That(
            Of("ARG"),
            Is.EqualTo(
                new[]
                {
                    $"SDK=mcr.microsoft.com/dotnet/sdk:{version}",
                    $"RUNTIME=mcr.microsoft.com/dotnet/aspnet:{version}"
                }));
    }

    [Test]
    public void Every_project_of_the_service_is_restored_from_its_lock_file()
    {
        var copied = Of("COPY")
            .Where(static rest => !rest.StartsWith('-') && rest != ". .")
            .SelectMany(static rest => rest.Split(' ')[..^1])
            .ToList();
        Assert.That(copied.Where(static file => !File.Exists(Path.Combine(RegistryProcess.Root, file))), Is.Empty);
        foreach (var project in ProjectsOf("Registry.Api"))
            Assert.That(
                copied, Is.SupersetOf(new[] { $"{project}/{project}.csproj", $"{project}/packages.lock.json" }));
        Assert.That(
            copied, Is.SupersetOf(new[] { "Directory.Build.props", "Directory.Packages.props", "global.json" }));
        Assert.That(
            Of("RUN"),
            Has.Some.Contains("dotnet restore Registry.Api --locked-mode").And.Some
                .Contains("dotnet publish Registry.Api -c Release"));
    }

    [Test]
    public void Copied_files_are_not_ignored_and_build_output_is()
    {
        var lines = File.ReadAllLines(Path.Combine(RegistryProcess.Root, ".dockerignore"));
        var included = lines.Where(static line => line.StartsWith('!')).Select(static line => line[1..]).ToList();
        Assert.That(lines, Has.Member("*").And.Member("**/bin").And.Member("**/obj"));
        Assert.That(
            included.Where(static name => Directory.GetFileSystemEntries(RegistryProcess.Root, name).Length == 0),
            Is.Empty,
            "the pattern matches nothing");
        var folders = ProjectsOf("Registry.Api").Concat(Of("COPY").First().Split(' ')[..^1]);
        foreach (var name in folders)
            Assert.That(
                included.Any(
                    pattern =>
                        Regex.IsMatch(
                            name, $"^{Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal)}$")),
                name);
        Assert.That(included, Has.None.EqualTo("Registry.Tests").And.None.EqualTo("data"));
    }

    [Test]
    public void It_runs_unprivileged_and_receives_signals()
    {
        Assert.That(After("USER"), Is.EqualTo("$APP_UID"));
        Assert.That(
            JsonSerializer.Deserialize<string[]>(After("ENTRYPOINT")),
            Is.EqualTo(new[] { "dotnet", "Registry.Api.dll" }),
            "the exec form, without a shell");
        Assert.That(Text, Does.Not.Contain("USER root"));
    }

    [Test]
    public void Its_variables_are_settings_and_its_data_is_on_the_volume()
    {
        var variables = After("ENV")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(static pair => pair.Split('=', 2))
            .ToDictionary(static pair => pair[0], static pair => pair[1]);
        Assert.That(variables.Keys, Is.SubsetOf(KnownSettings.All));
        Assert.That(variables["ASPNETCORE_URLS"], Is.EqualTo($"http://+:{After("EXPOSE")}"));
        Assert.That(
            JsonSerializer.Deserialize<string[]>(After("VOLUME")), Is.EqualTo(new[] { variables["FILESYSTEM__PATH"] }));
        Assert.That(
            After("RUN"),
            Does.StartWith("install -d ").And
                .EndWith($" {variables["FILESYSTEM__PATH"]}").And
                .Contain("-o \"$APP_UID\""));
    }

    [Test]
    public async Task Its_health_check_detects_a_registry_that_does_not_respond()
    {
        var check = After("HEALTHCHECK");
        Assert.That(check, Does.Contain("--interval=").And.Contain("--timeout="));
        var command =
            JsonSerializer.Deserialize<string[]>(check[(check.IndexOf("CMD ", StringComparison.Ordinal) + 4)..])!;
        Assert.That(command[..2], Is.EqualTo(new[] { "bash", "-c" }));
        await using var host = await RegistryHost.StartAsync();

        Assert.That(await RunAsync($"127.0.0.1/{host.Address.Port}"), Is.Zero);
        Assert.That(await RunAsync($"127.0.0.1/{host.Address.Port}", "/healthz", "/no-such-route"), Is.Not.Zero);
        var port = host.Address.Port;
        await host.DisposeAsync();
        Assert.That(await RunAsync($"127.0.0.1/{port}"), Is.Not.Zero);

        async Task<int> RunAsync(string address, string path = "", string otherPath = "")
        {
            Assert.That(command[2], Does.Contain($"/127.0.0.1/{After("EXPOSE")} ").And.Contain(" /healthz "));
            var script = command[2].Replace($"127.0.0.1/{After("EXPOSE")}", address, StringComparison.Ordinal);
            if (path.Length > 0)
                script = script.Replace(path, otherPath, StringComparison.Ordinal);
            using var shell = System.Diagnostics.Process.Start(
                new System.Diagnostics.ProcessStartInfo("bash", ["-c", script]) { RedirectStandardError = true })!;
            await shell.StandardError.ReadToEndAsync();
            await shell.WaitForExitAsync();
            return shell.ExitCode;
        }
    }

    private static IEnumerable<string> Of(string instruction) =>
        Instructions.Where(line => line.Instruction == instruction).Select(static line => line.Words);

    /// <summary>Returns the arguments of the only such instruction in the last stage.</summary>
    private static string After(string instruction) =>
        Instructions[LastStage..].Single(line => line.Instruction == instruction).Words;

    /// <summary>Returns a project and all projects that it references.</summary>
    private static HashSet<string> ProjectsOf(string project) =>
    [
        project,
        .. XDocument.Load(Path.Combine(RegistryProcess.Root, project, $"{project}.csproj")).Descendants(
            "ProjectReference")
            .Select(
                static reference =>
                    Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')))
            .SelectMany(ProjectsOf),
    ];
}
