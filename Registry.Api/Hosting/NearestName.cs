using System.Text;
using Registry.Core.Catalog;

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

    private static int Distance(string one, string other) => SearchWords.DistanceOf(Upper(other), Upper(one));

    private static byte[] Upper(string name) => Encoding.UTF8.GetBytes(name.ToUpperInvariant());
}
