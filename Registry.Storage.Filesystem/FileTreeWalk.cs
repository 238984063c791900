using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Walks a tree in ordinal order of full names as bytes: a folder sorts as its name followed by a slash, since that is
/// how the names below it go on, and a file as the part of its name that the key shows. Holds the names of the folders
/// on the way, not those of the tree.
/// </summary>
/// <param name="tree">The tree.</param>
/// <param name="shownName">What of a file's name sorts and shows; null for a file that is none of ours.</param>
internal sealed class FileTreeWalk(FileTree tree, Func<string, string?> shownName)
{
    /// <summary>The full names below a scope, <c>scope/…</c>.</summary>
    /// <param name="scope">Where to begin.</param>
    /// <param name="deep">Whether to go into folders.</param>
    /// <param name="after">
    /// Only names above this one; folders that lie before it as a whole are not read. Null for all.
    /// </param>
    /// <param name="cancellationToken">Ends the walk, also inside folders that hold nothing to show.</param>
    public IEnumerable<string> Below(StoreKey scope, bool deep, string? after, CancellationToken cancellationToken)
    {
        var levels = new Stack<Level>();
        levels.Push(Read($"{scope.Value}/", deep, cancellationToken));
        while (levels.TryPeek(out var level))
        {
            if (level.Next() is not { } name)
                levels.Pop();
            else if (name[^1] != '/')
            {
                if (after is null || string.CompareOrdinal(name, after) > 0)
                    yield return name;
            }
            else if (after is null
                || string.CompareOrdinal(name, after) > 0
                || after.StartsWith(name, StringComparison.Ordinal))
            {
                levels.Push(Read(name, deep, cancellationToken));
            }
        }
    }

    private Level Read(string prefix, bool deep, CancellationToken cancellationToken)
    {
        if (FileTree.Names(tree.PathOf(prefix[..^1]), cancellationToken) is not { } names)
        {
            tree.DemandPresent();
            return new Level([]);
        }

        var shown = new List<string>(names.Count);
        foreach (var name in names)
        {
            if (name[^1] != '/')
            {
                if (shownName(name) is { } file)
                    shown.Add(prefix + file);
            }
            else if (deep && StoreKey.TryParse(prefix + name[..^1], out _))
            {
                shown.Add(prefix + name);
            }
        }

        shown.Sort(string.CompareOrdinal);
        return new Level(shown);
    }

    private sealed class Level(List<string> names)
    {
        private int next;

        public string? Next() => next < names.Count ? names[next++] : null;
    }
}
