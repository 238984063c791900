using System.Buffers;

namespace Registry.Api.Http;

/// <summary>The file name of a download (RFC 6266).</summary>
internal static class AttachmentName
{
    /// <summary>
    /// The characters of a quoted file name that all clients read alike: some take a backslash or percent sign as an
    /// escape.
    /// </summary>
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        " !#$&'()*+,-.0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>
    /// Returns <c>attachment; filename="…"</c>. A name with other characters is also sent exactly, as <c>filename*</c>,
    /// and has <c>_</c> for each of them in <c>filename</c>.
    /// </summary>
    public static string ToContentDisposition(string fileName)
    {
        if (!fileName.AsSpan().ContainsAnyExcept(Plain))
            return $"attachment; filename=\"{fileName}\"";
        var plain = string.Create(fileName.Length, fileName, static (span, name) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = Plain.Contains(name[i]) ? name[i] : '_';
        });
        return $"attachment; filename=\"{plain}\"; filename*=UTF-8''{Uri.EscapeDataString(fileName)}";
    }
}
