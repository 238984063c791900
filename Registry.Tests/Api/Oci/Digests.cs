namespace Registry.Tests.Api.Oci;

/// <summary>Digests outside the grammar, or of an algorithm that the registry does not support.</summary>
internal static class Digests
{
    public static readonly string[] Invalid =
    [
        "sha256:baddigeststring",
        "sha256:",
        $"sha256:{new string('a', 63)}",
        $"sha256:{new string('a', 65)}",
        $"sha256:{new string('A', 64)}",
        $"SHA256:{new string('a', 64)}",
        $"sha1:{new string('a', 40)}",
        $"sha512:{new string('a', 128)}",
        $"sha512:{new string('a', 64)}",
    ];
}
