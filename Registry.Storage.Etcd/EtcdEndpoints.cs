namespace Registry.Storage.Etcd;

/// <summary>Parses the client URLs of the members in <c>ETCD__ENDPOINTS</c>.</summary>
internal static class EtcdEndpoints
{
    /// <summary>
    /// Parses the option. Invalid parts are added to <paramref name="errors"/> and left out of the result.
    /// </summary>
    public static List<Uri> Parse(string? text, ICollection<string> errors)
    {
        var parsed = new List<Uri>();
        var parts = (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length == 0)
            errors.Add("ETCD__ENDPOINTS is empty. Set at least one member, such as http://localhost:2379.");
        foreach (var part in parts)
        {
            if (!Uri.TryCreate(
                part, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.PathAndQuery != "/"
                || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
                errors.Add(
                    $"ETCD__ENDPOINTS contains '{Redact(part)}'; expected http://host:port or https://host:port.");
            else
                parsed.Add(uri);
        }

        if (parsed.Select(uri => uri.Scheme).Distinct().Count() > 1)
            errors.Add("ETCD__ENDPOINTS mixes http:// and https://. Use one of them for all members.");
        return parsed;
    }

    /// <summary>Removes a password in the URL, so that it does not appear in a log.</summary>
    private static string Redact(string part) => part.LastIndexOf('@') is >= 0 and var at ? "…" + part[at..] : part;
}
