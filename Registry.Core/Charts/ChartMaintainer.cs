namespace Registry.Core.Charts;

/// <summary>A maintainer of a chart. Missing values are empty.</summary>
/// <param name="Name">The name.</param>
/// <param name="Email">The email address.</param>
/// <param name="Url">The URL of a web page.</param>
public sealed record ChartMaintainer(string Name, string Email, string Url);
