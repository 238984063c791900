namespace Registry.Api.Ui;

/// <summary>The facts of an artifact on a page.</summary>
/// <param name="Group">The artifact.</param>
/// <param name="Page">The page.</param>
internal sealed record ArtifactModel(TagGroup Group, ReleaseModel Page)
{
    /// <summary>
    /// The texts of OCI that are shown, with their titles. The description is at the top of the page.
    /// </summary>
    public static IReadOnlyList<(string Name, string Title)> Texts { get; } =
    [
        ("title", "Title"), ("version", "Version"), ("licenses", "Licenses"), ("vendor", "Vendor"),
        ("url", "Home page"), ("source", "Source"), ("documentation", "Documentation"), ("revision", "Revision"),
    ];
}
