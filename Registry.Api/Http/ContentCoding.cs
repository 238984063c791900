using System.IO.Compression;
using Microsoft.Net.Http.Headers;

namespace Registry.Api.Http;

/// <summary>
/// The compression of a JSON body. Packages and archives are never compressed on the wire: they already are.
/// </summary>
internal sealed class ContentCoding
{
    /// <summary>No compression.</summary>
    public static readonly ContentCoding Identity = new("identity", stream => stream);

    private static readonly ContentCoding Brotli =
        new("br", stream => new BrotliStream(stream, CompressionLevel.Fastest, leaveOpen: true));
    private static readonly ContentCoding Gzip =
        new("gzip", stream => new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true));

    private readonly Func<Stream, Stream> encode;

    private ContentCoding(string name, Func<Stream, Stream> encode) => (Name, this.encode) = (name, encode);

    /// <summary>The name in <c>Content-Encoding</c>.</summary>
    public string Name { get; }

    /// <summary>Returns the coding that the client prefers; brotli before gzip if it has no preference.</summary>
    public static ContentCoding Choose(HttpRequest request)
    {
        if (request.Headers.AcceptEncoding.Count == 0
            || !StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var accepted))
            return Identity;
        var (best, quality) = (Identity, 0.0);
        foreach (var coding in (ReadOnlySpan<ContentCoding>)[Brotli, Gzip])
            if (QualityOf(accepted, coding.Name) is var offered && offered > quality)
                (best, quality) = (coding, offered);
        return best;
    }

    /// <summary>
    /// Returns a stream that encodes what is written to it. Disposing it completes the encoding and leaves
    /// <paramref name="body"/> open.
    /// </summary>
    public Stream Encode(Stream body) => encode(body);

    private static double QualityOf(IList<StringWithQualityHeaderValue> accepted, string name)
    {
        var any = 0.0;
        foreach (var value in accepted)
            if (value.Value.Equals(name, StringComparison.OrdinalIgnoreCase))
                return value.Quality ?? 1;
            else if (value.Value == "*")
                any = value.Quality ?? 1;
        return any;
    }
}
