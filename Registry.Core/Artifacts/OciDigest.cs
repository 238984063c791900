using System.Diagnostics.CodeAnalysis;
using Registry.Core.Storage;

namespace Registry.Core.Artifacts;

/// <summary>
/// Digests as OCI writes them: <c>sha256:</c> and 64 lower-case hex digits. Other algorithms are not supported.
/// </summary>
public static class OciDigest
{
    private const string Prefix = "sha256:";

    /// <summary>Returns a digest with its algorithm.</summary>
    public static string Format(Digest digest) => Prefix + digest.Value;

    /// <summary>Parses a digest with its algorithm; false when it is invalid, or not a sha256.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        return text?.Length == Prefix.Length + Digest.HexLength
            && text.StartsWith(Prefix, StringComparison.Ordinal)
            && Digest.TryParse(text[Prefix.Length..], out digest);
    }
}
