using System.Collections.Immutable;
using Registry.Core.Content;

namespace Registry.Core.Catalog;

/// <summary>The packages directly in a namespace that may have charts, in one view of the catalog.</summary>
public sealed class ChartNamespace
{
    private readonly string prefix;

    private ChartNamespace(PackageCatalogView view, string @namespace)
    {
        View = view;
        prefix = @namespace.Length == 0 ? "" : $"{@namespace}/";
        var entries = ImmutableArray.CreateBuilder<CatalogEntry>();
        foreach (var entry in DirectEntries())
        {
            Fingerprint = unchecked(Fingerprint + entry.Fingerprint);
            IsIncomplete |= entry.IsIncomplete;
            if (entry.Releases.Any(static release => release.MediaTypes.Contains(MediaType.Helm)))
                entries.Add(entry);
        }

        Entries = entries.DrainToImmutable();
    }

    /// <summary>The view that it was made from.</summary>
    internal PackageCatalogView View { get; }

    /// <summary>The packages with a release in media type helm, by name.</summary>
    public ImmutableArray<CatalogEntry> Entries { get; }

    /// <summary>The fingerprint of all packages directly in the namespace: equal for equal charts only.</summary>
    public UInt128 Fingerprint { get; }

    /// <summary>Whether there is any package in the namespace, or in one below it.</summary>
    internal bool Exists { get; private set; }

    /// <summary>
    /// Whether releases that an earlier version of the registry stored still lack their data for Helm clients. An index
    /// would then be incomplete.
    /// </summary>
    public bool IsIncomplete { get; }

    /// <summary>Finds the packages of a namespace, which may be empty.</summary>
    internal static ChartNamespace Of(PackageCatalogView view, string @namespace) => new(view, @namespace);

    /// <summary>
    /// Returns the packages directly in the namespace. Those of a namespace below it are skipped at once.
    /// </summary>
    private IEnumerable<CatalogEntry> DirectEntries()
    {
        var from = prefix;
        while (from is not null)
        {
            var start = from;
            from = null;
            foreach (var entry in View.From(start))
            {
                if (!entry.Name.Value.StartsWith(prefix, StringComparison.Ordinal))
                    break;
                Exists = true;
                var slash = entry.Name.Value.IndexOf('/', prefix.Length);
                if (slash < 0)
                {
                    yield return entry;
                    continue;
                }

                // The lowest text above every name in that namespace.
                from = $"{entry.Name.Value.AsSpan(0, slash)}{(char)('/' + 1)}";
                break;
            }
        }
    }
}
