using System.Buffers;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Registry.Api.Access;

/// <summary>The credentials of a request, as its <c>Authorization</c> header has them.</summary>
/// <param name="Secret">The token; null without one.</param>
/// <param name="Problem">Why the header is invalid, as a sentence; null if it is valid.</param>
internal readonly record struct Credentials(string? Secret, string? Problem)
{
    /// <summary>
    /// The maximum length of a secret, in characters. The JSON Web Tokens of CI systems have a few thousand.
    /// </summary>
    public const int MaxSecretLength = 16 * 1024;

    private const string Basic = "Basic";
    private const string Bearer = "Bearer";

    /// <summary>
    /// Whether the request explicitly sends empty credentials: <c>Basic Og==</c>, as skopeo does without a login.
    /// </summary>
    public bool IsExplicitlyEmpty { get; private init; }

    /// <summary>Parses the header.</summary>
    /// <param name="header">The values of the header; empty without one.</param>
    public static Credentials Parse(StringValues header)
    {
        if (header.Count == 0)
            return default;
        if (header.Count > 1)
            return Invalid("The request has several Authorization headers; expected one.");
        string[] parts = header.ToString().Split(' ', 2, StringSplitOptions.TrimEntries);
        var (scheme, rest) = (parts[0], parts.Length == 2 ? parts[1] : "");
        if (scheme.Equals(Bearer, StringComparison.OrdinalIgnoreCase))
            return OfSecret(rest, Bearer);
        if (scheme.Equals(Basic, StringComparison.OrdinalIgnoreCase))
            return OfBasic(rest);
        return Invalid("The scheme of the Authorization header is not supported; expected Basic or Bearer.");
    }

    /// <summary>Returns the header that a client sends for a secret.</summary>
    /// <param name="secret">The secret.</param>
    public static string ToBasic(string secret) =>
        $"{Basic} {Convert.ToBase64String(Encoding.UTF8.GetBytes($"token:{secret}"))}";

    private static Credentials OfBasic(string encoded)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((encoded.Length / 4 * 3) + 3);
        try
        {
            if (!Convert.TryFromBase64Chars(encoded, buffer, out var length))
                return Invalid("The Basic credentials are not in base64.");
            var pair = Encoding.UTF8.GetString(buffer, 0, length);
            var colon = pair.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
                return Invalid("The Basic credentials have no colon; expected a user name, a colon and a token.");
            return pair.Length == 1
                ? new Credentials(null, null) { IsExplicitlyEmpty = true }
                : OfSecret(pair[(colon + 1)..], Basic);
        }
        finally
        {
            // The buffer held a secret.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    /// <remarks>The user name is ignored: the token alone identifies the caller.</remarks>
    private static Credentials OfSecret(string secret, string scheme) => secret.Length switch
    {
        0 => Invalid($"The {scheme} credentials have no token."),
        > MaxSecretLength => Invalid($"The token is longer than {MaxSecretLength} characters."),
        _ => new Credentials(secret, null),
    };

    private static Credentials Invalid(string problem) => new(null, problem);
}
