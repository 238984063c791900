using System.Collections.Frozen;
using System.Security.Cryptography;

namespace Registry.Api.Ui;

/// <summary>The style sheet and the script of the pages, which are embedded in the program.</summary>
internal static class SiteAssets
{
    /// <summary>The length of the hash in a URL, in hex digits.</summary>
    private const int HashLength = 16;

    private static readonly FrozenDictionary<string, SiteAsset> Assets = new[]
    {
        Load("site.css", "text/css; charset=utf-8"), Load("site.js", "text/javascript; charset=utf-8"),
    }.ToFrozenDictionary(static asset => asset.Name, StringComparer.Ordinal);

    /// <summary>Finds an asset; null when there is none.</summary>
    public static SiteAsset? Find(string name) => Assets.GetValueOrDefault(name);

    /// <summary>Returns the address of an asset, relative to the root. It changes with the bytes.</summary>
    public static string AddressOf(string name) => $"assets/{Assets[name].Hash}/{name}";

    private static SiteAsset Load(string name, string contentType)
    {
        using var stream = typeof(SiteAssets).Assembly.GetManifestResourceStream($"Registry.Api.Ui.Assets.{name}")
            ?? throw new InvalidOperationException($"The program lacks the resource {name}.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new SiteAsset(
            name, contentType, Convert.ToHexStringLower(SHA256.HashData(bytes))[..HashLength], bytes);
    }
}

/// <summary>A file that the pages load.</summary>
/// <param name="Name">The name.</param>
/// <param name="ContentType">The content type.</param>
/// <param name="Hash">The beginning of the sha256 of its bytes.</param>
/// <param name="Bytes">The bytes.</param>
internal sealed record SiteAsset(string Name, string ContentType, string Hash, byte[] Bytes);
