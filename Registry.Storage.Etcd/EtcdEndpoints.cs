namespace Registry.Storage.Etcd;

/// <summary>The client addresses of the members, as <c>ETCD__ENDPOINTS</c> has them.</summary>
internal static class EtcdEndpoints
{
    /// <summary>
    /// Reads the option; what is wrong with it is added to <paramref name="errors"/>, and left out of the result.
    /// </summary>
    public static List<Uri> Parse(string? text, ICollection<string> errors)
    {
        var parsed = new List<Uri>();
        var parts = (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length == 0)
            errors.Add("ETCD__ENDPOINTS is empty: name at least one member, such as http://localhost:2379.");
        foreach (var part in parts)
        {
            if (!Uri.TryCreate(
                part, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.PathAndQuery != "/"
                || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
                errors.Add(
                    $"ETCD__ENDPOINTS holds '{Shown(part)}', which is not of the form http://host:port or "
                        + "https://host:port.");
            else
                parsed.Add(uri);
        }

        if (parsed.Select(uri => uri.Scheme).Distinct().Count() > 1)
            errors.Add("ETCD__ENDPOINTS mixes http:// and https://: all members are reached in the same way.");
        return parsed;
    }

    /// <summary>A password that somebody wrote into an address is not repeated in a log.</summary>
    private static string Shown(string part) => part.LastIndexOf('@') is >= 0 and var at ? "…" + part[at..] : part;
}
