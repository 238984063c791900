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

    /// <summary>The parts of <see cref="Origins"/>.</summary>
    internal IEnumerable<string> Entries =>
        Origins.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    internal HashSet<WebOrigin> Parse() =>
        [.. Entries.Select(static entry =>
            WebOrigin.TryParse(entry, out var origin) ? origin : throw new FormatException(entry))];
}
