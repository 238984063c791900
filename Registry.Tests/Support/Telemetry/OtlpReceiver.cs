using System.Net;
using System.Text;
using Google.Protobuf;
using NUnit.Framework;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.Support.Telemetry;

/// <summary>A span that an <see cref="OtlpReceiver"/> has received.</summary>
internal sealed record ReceivedSpan(
    string TraceId, string Id, string ParentId, string Name, IReadOnlyDictionary<string, string> Tags);

/// <summary>
/// Receives traces over OTLP/HTTP. It does not use ASP.NET Core, which would trace its requests, too.
/// </summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly HttpListener listener = new();
    private readonly List<byte[]> bodies = [];
    private readonly Task receiving;
    private volatile bool stopping;

    private OtlpReceiver(int port)
    {
        Endpoint = $"http://127.0.0.1:{port}";
        listener.Prefixes.Add($"{Endpoint}/");
        listener.Start();
        receiving = ReceiveAsync();
    }

    /// <summary>The address to send to.</summary>
    public string Endpoint { get; }

    /// <summary>Everything that was received, as text.</summary>
    public string Text => string.Concat(bodies.Select(Encoding.UTF8.GetString));

    /// <summary>The spans that were received.</summary>
    public IEnumerable<ReceivedSpan> Spans =>
        from body in bodies
        from resource in FieldsOf(body, 1)
        from scope in FieldsOf(resource, 2)
        from span in FieldsOf(scope, 2)
        select SpanOf(span);

    public static OtlpReceiver Start() => new(ServerProcess.FreePort());

    public async ValueTask DisposeAsync()
    {
        // The listener fails its pending call before it reports that it no longer listens.
        stopping = true;
        listener.Stop();
        await receiving;
        listener.Close();
    }

    private static ReceivedSpan SpanOf(byte[] span) => new(
        HexOf(span, 1),
        HexOf(span, 2),
        HexOf(span, 4),
        Encoding.UTF8.GetString(FieldsOf(span, 5).Single()),
        FieldsOf(span, 9).ToDictionary(
            static tag => Encoding.UTF8.GetString(FieldsOf(tag, 1).Single()),
            static tag => Encoding.UTF8.GetString(FieldsOf(FieldsOf(tag, 2).Single(), 1).SingleOrDefault([]))));

    private static string HexOf(byte[] message, int field) =>
        Convert.ToHexStringLower(FieldsOf(message, field).SingleOrDefault([]));

    /// <summary>Returns the values of a field whose type is bytes, text or a message.</summary>
    private static List<byte[]> FieldsOf(byte[] message, int field)
    {
        var found = new List<byte[]>();
        using var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
            if (tag == WireFormat.MakeTag(field, WireFormat.WireType.LengthDelimited))
                found.Add(input.ReadBytes().ToByteArray());
            else
                input.SkipLastField();
        return found;
    }

    private async Task ReceiveAsync()
    {
        while (!stopping)
            try
            {
                var context = await listener.GetContextAsync();
                var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                Assert.That(context.Request.Url!.AbsolutePath, Is.EqualTo("/v1/traces"));
                bodies.Add(body.ToArray());
                context.Response.ContentType = "application/x-protobuf";
                context.Response.Close();
            }
            catch (Exception) when (stopping)
            {
                // The receiver is being disposed.
            }
    }
}
