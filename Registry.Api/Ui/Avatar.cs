namespace Registry.Api.Ui;

/// <summary>The picture of a package: its icon, or its first letter on its own color.</summary>
/// <param name="Name">The name of the package, without its namespace.</param>
/// <param name="Icon">The address of the icon, relative to the root; null for none.</param>
/// <param name="IsLarge">Whether it stands beside a title.</param>
internal sealed record Avatar(string Name, string? Icon = null, bool IsLarge = false)
{
    /// <summary>The number of colors in the style sheet.</summary>
    private const int Hues = 8;

    /// <summary>The letter.</summary>
    public string Letter => Name[..1].ToUpperInvariant();

    /// <summary>The number of the color, which is always the same for a name.</summary>
    public int Hue => Name.Aggregate(0, static (sum, letter) => ((sum * 31) + letter) % 1009) % Hues;
}
