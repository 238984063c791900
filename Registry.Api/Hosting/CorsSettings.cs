using Registry.Api.Http;

namespace Registry.Api.Hosting;

/// <summary>Section <c>Cors</c>: the web pages that may write to the registry.</summary>
public sealed class CorsSettings : ISettings
{
    /// <summary>
    /// The origins, such as <c>https://ui.example.org</c>, whose pages may write in addition to the registry's own.
    /// Separated by commas.
    /// </summary>
    /// <value>Default empty: no others.</value>
    public string Origins { get; set; } = "";

    /// <summary>The entries of <see cref="Origins"/>.</summary>
    internal IEnumerable<string> Entries =>
        Origins.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <inheritdoc/>
    public IEnumerable<string> Errors() =>
        from entry in Entries
        where !WebOrigin.TryParse(entry, out _)
        select $"CORS__ORIGINS contains '{entry}'; expected an origin such as https://ui.example.org, without a path.";

    internal HashSet<WebOrigin> Parse() =>
        [.. Entries.Select(static entry =>
            WebOrigin.TryParse(entry, out var origin) ? origin : throw new FormatException(entry))];
}
