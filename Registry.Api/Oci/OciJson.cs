using System.Text.Json;
using Registry.Api.Http;
using Registry.Core.Packages;

namespace Registry.Api.Oci;

/// <summary>The lists of the OCI distribution API.</summary>
internal static class OciJson
{
    /// <summary>How many names are written at a time.</summary>
    private const int NamesOfStep = 256;

    /// <summary>Returns a list of names, which are enumerated once, while they are sent.</summary>
    /// <param name="member">The member that has the list.</param>
    /// <param name="names">The names.</param>
    /// <param name="fingerprint">The fingerprint of what the list is made from.</param>
    /// <param name="package">The repository; null when the list is not of one.</param>
    public static JsonBody List(
        string member, IEnumerable<string> names, UInt128 fingerprint, PackageName? package = null)
    {
        return new JsonBody(fingerprint.ToString("x32", null), Elements());

        IEnumerable<Action<Utf8JsonWriter>> Elements()
        {
            yield return json => Begin(json, member, package);
            foreach (var step in names.Chunk(NamesOfStep))
                yield return json => Write(json, step);
            yield return static json => json.WriteEndArray();
            yield return static json => json.WriteEndObject();
        }
    }

    private static void Write(Utf8JsonWriter json, string[] names)
    {
        foreach (var name in names)
            json.WriteStringValue(name);
    }

    private static void Begin(Utf8JsonWriter json, string member, PackageName? package)
    {
        json.WriteStartObject();
        if (package is { } repository)
            json.WriteString("name", repository.Value);
        json.WriteStartArray(member);
    }
}
