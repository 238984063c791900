namespace Registry.Api.Hosting;

/// <summary>Suggests a name for a mistyped one.</summary>
internal static class NearestName
{
    /// <summary>
    /// Returns a sentence, after a space, that suggests the known name nearest to an unknown one; empty if none is
    /// near.
    /// </summary>
    /// <param name="unknown">The unknown name.</param>
    /// <param name="known">The known names. Case is ignored.</param>
    public static string Suggest(string unknown, IEnumerable<string> known)
    {
        var nearest = known.MinBy(name => Distance(name, unknown));
        return nearest is not null && Distance(nearest, unknown) <= Math.Max(2, unknown.Length / 3)
            ? $" Did you mean {nearest}?"
            : "";
    }

    /// <summary>
    /// Returns how many letters must be inserted, removed, replaced, or swapped with their neighbor to turn one text
    /// into the other.
    /// </summary>
    private static int Distance(string one, string other)
    {
        one = one.ToUpperInvariant();
        other = other.ToUpperInvariant();
        var distances = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++)
            for (var j = 0; j <= other.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    distances[i, j] = i + j;
                    continue;
                }

                var isEqual = one[i - 1] == other[j - 1];
                distances[i, j] = Math.Min(
                    Math.Min(distances[i - 1, j], distances[i, j - 1]) + 1,
                    distances[i - 1, j - 1] + (isEqual ? 0 : 1));
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                    distances[i, j] = Math.Min(distances[i, j], distances[i - 2, j - 2] + 1);
            }

        return distances[one.Length, other.Length];
    }
}
