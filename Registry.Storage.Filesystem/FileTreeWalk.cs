using Registry.Core.Storage;

namespace Registry.Storage.Filesystem;

/// <summary>
/// Walks a tree in ordinal order of full names as bytes. A folder sorts as its name followed by a slash, as in the
/// names below it; a file sorts as the part of its name that belongs to the key. Only the names in the folders on the
/// current path are in memory.
/// </summary>
/// <param name="tree">The tree.</param>
/// <param name="shownName">Returns the part of a file name that belongs to the key; null to skip the file.</param>
internal sealed class FileTreeWalk(FileTree tree, Func<string, string?> shownName)
{
    /// <summary>Returns the full names below a scope, <c>scope/…</c>.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="deep">Whether to include subfolders.</param>
    /// <param name="after">
    /// Returns only names above this one, and skips folders that are entirely below it. Null for all names.
    /// </param>
    /// <param name="cancellationToken">Cancels the walk, also within folders without names to return.</param>
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
        if (FileTree.Names(tree.PathOf(prefix[..^1]), tree.RejectsLinks, cancellationToken) is not { } names)
        {
            tree.ThrowIfMissing();
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
