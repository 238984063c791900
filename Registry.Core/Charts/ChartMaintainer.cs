namespace Registry.Core.Charts;

/// <summary>A maintainer of a chart. What is not given is empty.</summary>
/// <param name="Name">The name.</param>
/// <param name="Email">The address for mail.</param>
/// <param name="Url">The address of a page.</param>
public sealed record ChartMaintainer(string Name, string Email, string Url);
