using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Registry.Bench.Load.Packages;

/// <summary>Creates JSON pushes with the blob first, as the bare application expects.</summary>
internal static class PushPayload
{
    private const string Opening = "{\"blob\":\"";

    /// <summary>Returns a small push.</summary>
    public static byte[] Create(byte[] package, string release, bool force = false) =>
        Encoding.ASCII.GetBytes(Opening + Convert.ToBase64String(package) + Closing(release, force));

    /// <summary>Returns content for the bytes.</summary>
    public static HttpContent Json(
        byte[] bytes) =>
        new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    /// <summary>Returns a push of any size, generated while it is sent.</summary>
    public static HttpContent Streamed(
        long bytes, int seed, string release) => new StreamedContent(bytes, seed, release);

    private static string Closing(string release, bool force) =>
        $"\",\"release\":\"{release}\",\"media_type\":\"helm\"{(force ? ",\"force\":true" : "")}}}";

    private sealed class StreamedContent(long bytes, int seed, string release) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(Opening));
            using (var base64 = new ToBase64Transform())
            await using (var encoder = new CryptoStream(stream, base64, CryptoStreamMode.Write, leaveOpen: true))
                await TarGz.WriteAsync(encoder, bytes, seed, CancellationToken.None);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(Closing(release, force: false)));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
