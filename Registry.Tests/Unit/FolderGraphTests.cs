using System.Text.RegularExpressions;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Unit;

/// <summary>
/// The dependencies between the folders of a project: none is circular, and the architecture page shows all.
/// </summary>
public sealed partial class FolderGraphTests
{
    private static readonly string[] Projects = ["Registry.Core", "Registry.Api"];

    [TestCaseSource(nameof(Projects))]
    public void Folders_have_no_circular_dependencies(string project)
    {
        var graph = GraphOf(project);
        var remaining = graph.Keys.ToHashSet(StringComparer.Ordinal);

        // Each round removes the folders that use none of the remaining ones.
        while (remaining.RemoveWhere(folder => !graph[folder].Overlaps(remaining)) > 0)
        {
        }

        Assert.That(
            remaining.Select(folder => $"{folder} → {string.Join(", ", graph[folder].Where(remaining.Contains))}"),
            Is.Empty);
    }

    [TestCaseSource(nameof(Projects))]
    public void The_architecture_page_shows_the_folder_dependencies(string project)
    {
        var page = File.ReadAllText(Path.Combine(RegistryProcess.Root, "Documentation", "architecture.md"));
        var shown = Row().Matches(page[page.IndexOf($"{project} folders", StringComparison.Ordinal)..].Split("```")[1])
            .Select(static row => $"{row.Groups["folder"].Value} → {row.Groups["uses"].Value}".TrimEnd());
        var actual =
            GraphOf(project).Select(static folder => $"{folder.Key} → {string.Join(", ", folder.Value)}".TrimEnd());
        Assert.That(shown, Is.EquivalentTo(actual));
    }

    /// <summary>
    /// Returns each folder of a project with the folders it uses. Subfolders count as part of their folder.
    /// </summary>
    private static SortedDictionary<string, SortedSet<string>> GraphOf(string project)
    {
        var texts = Directory.GetDirectories(Path.Combine(RegistryProcess.Root, project))
            .Where(static path => Path.GetFileName(path) is not ("bin" or "obj"))
            .ToDictionary(
                static path => Path.GetFileName(path),
                static path => string.Join(
                    '\n', Directory.EnumerateFiles(path, "*.cs", SearchOption.AllDirectories)
                        .SelectMany(static file => CodeOf(file))));
        var graph = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (var (folder, text) in texts)
            graph[folder] = new(
                texts.Where(other => other.Key != folder && UseOf(project, other.Key, other.Value).IsMatch(text))
                    .Select(static other => other.Key),
                StringComparer.Ordinal);
        return graph;
    }

    /// <summary>Returns the lines of a file without XML documentation, which may refer to anything.</summary>
    private static IEnumerable<string> CodeOf(string file) =>
        File.ReadLines(file).Where(static line => !line.TrimStart().StartsWith("///", StringComparison.Ordinal));

    /// <summary>
    /// Matches a use of a folder: a using directive, or a type qualified by its folder.
    /// </summary>
    private static Regex UseOf(string project, string folder, string text)
    {
        var types =
            string.Join('|', Declaration().Matches(text).Select(static type => type.Groups["name"].Value).Distinct());
        return new Regex(
            $@"^using (static |\w+ = )?{project}\.{folder}[.;]"
                + $@"|(?<![.\w])({project.Split('.')[1]}\.)?{folder}\.({types})\b",
            RegexOptions.Multiline);
    }

    [GeneratedRegex(@"^(?<folder>\w+) +→ ?(?<uses>[\w, ]*)$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(
        @"^(public |internal )[\w ]*?\b(class|struct|interface|enum|record|delegate [\w<>]+) (?<name>\w+)",
        RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
