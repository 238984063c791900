using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Registry.Tests.Support.Backups;

/// <summary>Builds entries of backups.</summary>
internal static class BackupEntry
{
    /// <summary>Returns a release in the format of the reference server.</summary>
    public static JsonObject Of(
        string package,
        string release,
        string content,
        string createdAt = "2020-01-02T03:04:05.678901",
        params string[] channels)
    {
        var blob = Samples.TarGz(content);
        return new JsonObject
        {
            ["package"] = package,
            ["release"] = release,
            ["created_at"] = createdAt,
            ["mediaType"] = "application/vnd.cnr.package-manifest.helm.v1.json",
            ["channels"] = new JsonArray([.. channels.Select(static channel => JsonValue.Create(channel))]),
            ["content"] = new JsonObject
            {
                ["digest"] = DigestOf(blob),
                ["size"] = blob.Length,
                ["mediaType"] = "application/vnd.cnr.package.helm.v1.tar+gzip",
                ["urls"] = new JsonArray(),
            },
            ["blob"] = Convert.ToBase64String(blob),
        };
    }

    /// <summary>Returns an entry of <c>channels</c>.</summary>
    public static JsonObject Channel(string package, string name, string current) =>
        new() { ["package"] = package, ["name"] = name, ["current"] = current };

    /// <summary>Returns the CNR digest: the sha256 of the tar.</summary>
    public static string DigestOf(byte[] blob)
    {
        using var gzip = new GZipStream(new MemoryStream(blob), CompressionMode.Decompress);
        return Convert.ToHexStringLower(SHA256.HashData(gzip));
    }
}
