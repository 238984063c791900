using System.Text.RegularExpressions;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Unit;

/// <summary>
/// Which folder of a project uses which: there is no circle, and the architecture page shows exactly this.
/// </summary>
public sealed partial class FolderGraphTests
{
    private static readonly string[] Projects = ["Registry.Core", "Registry.Api"];

    [TestCaseSource(nameof(Projects))]
    public void No_folders_use_each_other_in_a_circle(string project)
    {
        var graph = GraphOf(project);
        var left = graph.Keys.ToHashSet(StringComparer.Ordinal);

        // Each round takes out the folders that use none of those that are left.
        while (left.RemoveWhere(folder => !graph[folder].Overlaps(left)) > 0)
        {
        }

        Assert.That(
            left.Select(folder => $"{folder} → {string.Join(", ", graph[folder].Where(left.Contains))}"), Is.Empty);
    }

    [TestCaseSource(nameof(Projects))]
    public void The_architecture_page_shows_which_folder_uses_which(string project)
    {
        var page = File.ReadAllText(Path.Combine(RegistryProcess.Root, "Documentation", "architecture.md"));
        var shown = Row().Matches(page[page.IndexOf($"{project} folders", StringComparison.Ordinal)..].Split("```")[1])
            .Select(static row => $"{row.Groups["folder"].Value} → {row.Groups["uses"].Value}".TrimEnd());
        var actual =
            GraphOf(project).Select(static folder => $"{folder.Key} → {string.Join(", ", folder.Value)}".TrimEnd());
        Assert.That(shown, Is.EquivalentTo(actual));
    }

    /// <summary>The folders of a project, each with those that it uses. Folders below them count as theirs.</summary>
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

    /// <summary>The lines of a file without its documentation, which may refer to anything.</summary>
    private static IEnumerable<string> CodeOf(string file) =>
        File.ReadLines(file).Where(static line => !line.TrimStart().StartsWith("///", StringComparison.Ordinal));

    /// <summary>
    /// How a folder is used: by a directive, or by a type that is named with its folder, as a namespace of the same
    /// project may.
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
