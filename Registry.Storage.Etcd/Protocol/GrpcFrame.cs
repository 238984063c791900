using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace Registry.Storage.Etcd.Protocol;

/// <summary>
/// How a message lies in the body of a gRPC request or response: a byte that says whether it is compressed, its length in four bytes, most
/// significant first, and the message (the public description of gRPC over HTTP/2).
/// </summary>
internal static class GrpcFrame
{
    private const int PrefixBytes = 5;

    /// <summary>No answer is longer: a page of 1,000 entries with the longest keys has about 1.5 MB.</summary>
    private const int MaxMessageBytes = 16 * 1024 * 1024;

    private const long MaxTimeoutDigits = 99_999_999;

    /// <summary>The body of a request.</summary>
    public static HttpContent ToContent(IMessage message) => new Content(message);

    /// <summary>Reads the one message of a unary answer; null for an empty body.</summary>
    /// <exception cref="InvalidDataException">It is not one whole message.</exception>
    public static async ValueTask<T?> ReadAsync<T>(Stream body, MessageParser<T> parser, CancellationToken ct)
        where T : class, IMessage<T>
    {
        var prefix = new byte[PrefixBytes];
        var read = await body.ReadAtLeastAsync(prefix, PrefixBytes, throwOnEndOfStream: false, ct);
        if (read == 0)
            return null;
        if (read < PrefixBytes)
            throw new InvalidDataException("The answer ends within the prefix of its message.");
        if (prefix[0] != 0)
            throw new InvalidDataException("The answer is compressed, which was not asked for.");
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1));
        if (length > MaxMessageBytes)
            throw new InvalidDataException($"The answer has {length} bytes, more than {MaxMessageBytes}.");

        var buffer = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            var message = buffer.AsMemory(0, (int)length);
            if (await body.ReadAtLeastAsync(message, message.Length, throwOnEndOfStream: false, ct) < message.Length)
                throw new InvalidDataException("The answer ends within its message.");
            if (await body.ReadAsync(prefix, ct) != 0)
                throw new InvalidDataException("The answer goes on after its message.");
            return parser.ParseFrom(message.Span);
        }
        catch (InvalidProtocolBufferException wrong)
        {
            throw new InvalidDataException("The answer is no message of etcd's.", wrong);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The value of <c>grpc-timeout</c>: at most eight digits and a unit; <c>m</c> is milliseconds.</summary>
    public static string Timeout(TimeSpan left) =>
        Math.Clamp((long)Math.Ceiling(left.TotalMilliseconds), 1, MaxTimeoutDigits).ToString(CultureInfo.InvariantCulture) + "m";

    /// <summary>Status and message from trailers, or from the headers where there is no body; null where neither has a status.</summary>
    public static (GrpcStatus Status, string Message)? StatusOf(HttpHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues("grpc-status", out var status))
            return null;
        var message = headers.NonValidated.TryGetValues("grpc-message", out var text) ? Decode(text.ToString()) : "";
        return int.TryParse(status.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? ((GrpcStatus)code, message)
            : (GrpcStatus.Unknown, message);
    }

    /// <summary>What an HTTP status says where no gRPC server answered, as the public mapping of gRPC has it.</summary>
    public static GrpcStatus StatusOf(HttpStatusCode http) => http switch
    {
        HttpStatusCode.BadRequest => GrpcStatus.Internal,
        HttpStatusCode.Unauthorized => GrpcStatus.Unauthenticated,
        HttpStatusCode.Forbidden => GrpcStatus.PermissionDenied,
        HttpStatusCode.NotFound => GrpcStatus.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => GrpcStatus.Unavailable,
        _ => GrpcStatus.Unknown,
    };

    /// <summary>Undoes the escapes of <c>grpc-message</c>: <c>%xx</c> for bytes of UTF-8. What is no escape stays as it is.</summary>
    public static string Decode(string message) => message.Contains('%') ? Uri.UnescapeDataString(message) : message;

    /// <summary>Writes the frame anew each time it is asked to, from a buffer that it holds no longer than that.</summary>
    private sealed class Content : HttpContent
    {
        private readonly IMessage message;
        private readonly int length;

        public Content(IMessage message)
        {
            (this.message, length) = (message, message.CalculateSize());
            Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(PrefixBytes + length);
            try
            {
                buffer[0] = 0;
                BinaryPrimitives.WriteUInt32BigEndian(buffer.AsSpan(1), (uint)length);
                message.WriteTo(buffer.AsSpan(PrefixBytes, length));
                await stream.WriteAsync(buffer.AsMemory(0, PrefixBytes + length), cancellationToken);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = PrefixBytes + length;
            return true;
        }
    }
}
