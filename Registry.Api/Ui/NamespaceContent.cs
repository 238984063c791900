using Registry.Core.Catalog;

namespace Registry.Api.Ui;

/// <summary>The number of packages in a namespace and in the namespaces below it.</summary>
/// <param name="Name">The name of the namespace.</param>
/// <param name="Direct">The number of packages in the namespace itself.</param>
/// <param name="Below">The namespaces one level below that have packages in them or below them, by name.</param>
/// <param name="HasRepository">
/// Whether its Helm repository has charts: those of the namespaces below are not in it.
/// </param>
internal sealed record NamespaceContent(
    string Name, int Direct, IReadOnlyList<CountedName> Below, bool HasRepository)
{
    /// <summary>Counts the packages of a namespace that is not empty.</summary>
    public static NamespaceContent Of(PackageCatalogView view, string name)
    {
        var prefix = $"{name}/";
        var direct = 0;
        var below = new List<CountedName>();
        foreach (var entry in view.From(prefix)
            .TakeWhile(entry => entry.Name.Value.StartsWith(prefix, StringComparison.Ordinal)))
        {
            var slash = entry.Name.Value.IndexOf('/', prefix.Length);
            if (slash < 0)
                direct++;
            else if (below.Count > 0 && entry.Name.Value.AsSpan(0, slash).SequenceEqual(below[^1].Name))
                below[^1] = below[^1] with { Packages = below[^1].Packages + 1 };
            else
                below.Add(new CountedName(entry.Name.Value[..slash], 1));
        }

        return new NamespaceContent(
            name,
            direct,
            below,
            ChartNamespace.Of(view, name).Entries.Any(static entry => UsageCommands.HasRepository(entry.Name)));
    }
}
