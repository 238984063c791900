using System.Buffers;

namespace Registry.Api.Http;

/// <summary>The file name that a download is saved under (RFC 6266).</summary>
internal static class AttachmentName
{
    /// <summary>
    /// What a quoted file name may hold without two clients reading it differently: a backslash or percent sign is an
    /// escape to some.
    /// </summary>
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        " !#$&'()*+,-.0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>
    /// <c>attachment; filename="…"</c>. A name with anything but plain ASCII also goes as <c>filename*</c>, which holds
    /// it exactly, and has <c>_</c> in the plain form.
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
