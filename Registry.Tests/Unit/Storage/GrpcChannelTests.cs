using System.Net;
using Google.Protobuf;
using NUnit.Framework;
using Registry.Core.Content;
using Registry.Storage.Etcd.Protocol;

namespace Registry.Tests.Unit.Storage;

/// <summary>How gRPC's calls lie in HTTP/2, against a server that says exactly what the test wants.</summary>
public sealed class GrpcChannelTests
{
    private static readonly byte[] Answer = Frame(new TxnResponse { Succeeded = true }.ToByteArray());

    [Test]
    public async Task A_request_is_framed_and_carries_what_gRPC_demands()
    {
        var script = new Script(Answer) { Trailers = { ["grpc-status"] = "0" } };
        using var channel = new GrpcChannel(script, "etcd.test", TimeProvider.System);
        var request = new TxnRequest { Success = { new RequestOp { RequestPut = new PutRequest { Key = ByteString.CopyFromUtf8("k"), Value = ByteString.CopyFrom(new byte[70_000]) } } } };
        var answer = await channel.CallAsync(new Uri("http://127.0.0.1:2379"), EtcdMethods.Txn, request, "secret", TimeSpan.FromSeconds(1.5), CancellationToken.None);
        Assert.That(answer.Succeeded, Is.True);

        Assert.That(script.Body, Is.EqualTo(Frame(request.ToByteArray())));
        var asked = script.Request!;
        Assert.That(asked.RequestUri, Is.EqualTo(new Uri("http://127.0.0.1:2379/etcdserverpb.KV/Txn")));
        Assert.That((asked.Method, asked.Version, asked.VersionPolicy), Is.EqualTo((HttpMethod.Post, HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact)));
        Assert.That(asked.Content!.Headers.ContentType!.MediaType, Is.EqualTo("application/grpc"));
        Assert.That(asked.Headers.Host, Is.EqualTo("etcd.test"));
        (string Name, string Value)[] headers = [("te", "trailers"), ("grpc-timeout", "1500m"), ("hasleader", "true"), ("token", "secret")];
        foreach (var (name, value) in headers)
            Assert.That(asked.Headers.GetValues(name), Is.EqualTo(new[] { value }));
    }

    [TestCase("0.0001", "1m")]
    [TestCase("5", "5000m")]
    [TestCase("1000000000", "99999999m")]
    public void A_timeout_has_at_most_eight_digits_and_a_unit(string seconds, string expected) =>
        Assert.That(GrpcFrame.Timeout(TimeSpan.FromSeconds(double.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture))), Is.EqualTo(expected));

    [TestCase("plain", "plain")]
    [TestCase("100%25 %E2%82%AC", "100% €")]
    [TestCase("50% off", "50% off")]
    public void A_message_is_percent_decoded(string sent, string expected) => Assert.That(GrpcFrame.Decode(sent), Is.EqualTo(expected));

    [Test]
    public async Task An_error_is_found_in_trailers_and_in_headers([Values] bool early)
    {
        var script = new Script([]);
        (early ? script.Headers : script.Trailers)["grpc-status"] = "8";
        (early ? script.Headers : script.Trailers)["grpc-message"] = "etcdserver: mvcc: database%20space exceeded";
        var error = await FailAsync(script);
        Assert.That((error.Status, error.Message, error.Reached), Is.EqualTo((GrpcStatus.ResourceExhausted, "etcdserver: mvcc: database space exceeded", true)));
    }

    [Test]
    public async Task An_error_after_a_message_counts()
    {
        var error = await FailAsync(new Script(Answer) { Trailers = { ["grpc-status"] = "14" } });
        Assert.That(error.Status, Is.EqualTo(GrpcStatus.Unavailable));
    }

    [TestCase(503, GrpcStatus.Unavailable)]
    [TestCase(404, GrpcStatus.Unimplemented)]
    [TestCase(401, GrpcStatus.Unauthenticated)]
    [TestCase(500, GrpcStatus.Unknown)]
    public async Task What_is_not_gRPC_is_judged_by_its_HTTP_status(int status, object expected) =>
        Assert.That((await FailAsync(new Script([]) { Status = (HttpStatusCode)status })).Status, Is.EqualTo(expected));

    [TestCase(0)]
    [TestCase(3)]
    [TestCase(6)]
    public async Task An_answer_that_ends_early_is_an_error_even_with_a_good_status(int bytes) =>
        Assert.That((await FailAsync(new Script(Answer[..bytes]) { Trailers = { ["grpc-status"] = "0" } })).Status, Is.EqualTo(GrpcStatus.Internal));

    [Test]
    public async Task An_answer_without_a_status_is_an_error() => Assert.That((await FailAsync(new Script(Answer))).Status, Is.EqualTo(GrpcStatus.Internal));

    [Test]
    public async Task An_answer_that_is_compressed_too_long_two_messages_or_garbage_is_an_error()
    {
        byte[][] bodies = [[1, .. Answer.AsSpan(1)], [0, 255, 255, 255, 255], [.. Answer, .. Answer], Frame([0xff, 0xff, 0xff])];
        foreach (var body in bodies)
            Assert.That((await FailAsync(new Script(body) { Trailers = { ["grpc-status"] = "0" } })).Status, Is.EqualTo(GrpcStatus.Internal));
    }

    [Test]
    public async Task Only_a_connection_that_was_never_made_is_sure_to_have_reached_nobody()
    {
        foreach (var (error, reached) in ((HttpRequestError, bool)[])[
            (HttpRequestError.ConnectionError, false), (HttpRequestError.NameResolutionError, false), (HttpRequestError.SecureConnectionError, false),
            (HttpRequestError.ResponseEnded, true), (HttpRequestError.HttpProtocolError, true), (HttpRequestError.Unknown, true)])
        {
            var wrong = await FailAsync(new Script([]) { Throws = new HttpRequestException(error, "broken") });
            Assert.That((wrong.Status, wrong.Reached), Is.EqualTo((GrpcStatus.Unavailable, reached)), $"{error}");
        }
    }

    [Test]
    public async Task Silence_ends_with_the_deadline_and_a_cancelled_call_is_cancelled()
    {
        var silent = new Script([]) { Hangs = true };
        var late = await FailAsync(silent);
        Assert.That((late.Status, late.Reached), Is.EqualTo((GrpcStatus.DeadlineExceeded, true)));

        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        using var channel = new GrpcChannel(silent, null, TimeProvider.System);
        await Assert.ThatAsync(
            () => channel.CallAsync(new Uri("http://127.0.0.1"), EtcdMethods.Status, new StatusRequest(), null, TimeSpan.FromMinutes(1), cancel.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }

    private static byte[] Frame(byte[] message) => [0, 0, (byte)(message.Length >> 16), (byte)(message.Length >> 8), (byte)message.Length, .. message];

    private static async Task<GrpcException> FailAsync(Script script)
    {
        using var channel = new GrpcChannel(script, null, TimeProvider.System);
        try
        {
            await channel.CallAsync(new Uri("http://127.0.0.1:2379"), EtcdMethods.Txn, new TxnRequest(), null, TimeSpan.FromMilliseconds(200), CancellationToken.None);
        }
        catch (GrpcException error)
        {
            return error;
        }

        throw new AssertionException("The call succeeded.");
    }

    private sealed class Script(byte[] answer) : HttpMessageHandler
    {
        public Dictionary<string, string> Headers { get; } = [];

        public Dictionary<string, string> Trailers { get; } = [];

        public HttpStatusCode Status { get; init; } = HttpStatusCode.OK;

        public Exception? Throws { get; init; }

        public bool Hangs { get; init; }

        public HttpRequestMessage? Request { get; private set; }

        public byte[] Body { get; private set; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Request = request;
            Body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            if (Hangs)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            if (Throws is not null)
                throw Throws;
            var response = new HttpResponseMessage(Status) { Content = new ByteArrayContent(answer) };
            foreach (var (name, value) in Headers)
                response.Headers.TryAddWithoutValidation(name, value);
            foreach (var (name, value) in Trailers)
                response.TrailingHeaders.TryAddWithoutValidation(name, value);
            return response;
        }
    }
}
