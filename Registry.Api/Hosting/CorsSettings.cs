using Registry.Api.Http;

namespace Registry.Api.Hosting;

/// <summary>Section <c>Cors</c>: which web pages may change the registry.</summary>
public sealed class CorsSettings
{
    /// <summary>
    /// Origins such as <c>https://ui.example.org</c>, separated by commas, whose pages may write beside those of the
    /// registry itself.
    /// </summary>
    /// <value>Default empty: no others.</value>
    public string Origins { get; set; } = "";

    private IEnumerable<string> Entries =>
        Origins.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    internal HashSet<WebOrigin> Parse() =>
        [.. Entries.Select(static entry =>
            WebOrigin.TryParse(entry, out var origin) ? origin : throw new FormatException(entry))];

    internal IEnumerable<string> Errors() => Entries
        .Where(static entry => !WebOrigin.TryParse(entry, out _))
        .Select(static entry =>
            $"Cors:Origins holds '{entry}'; an origin such as https://ui.example.org is expected, without a path.");
}
