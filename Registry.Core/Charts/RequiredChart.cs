namespace Registry.Core.Charts;

/// <summary>A chart that another one depends on. Missing values are empty.</summary>
/// <param name="Name">The name.</param>
/// <param name="Version">The version, or a range of versions.</param>
/// <param name="Repository">The address of its repository.</param>
/// <param name="Alias">The name that it has in the chart.</param>
/// <param name="Condition">The values that switch it on or off.</param>
public sealed record RequiredChart(string Name, string Version, string Repository, string Alias, string Condition);
