using System.Net;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;
using NUnit.Framework;
using Registry.Storage.Etcd;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Storage;

/// <summary>The result of a single call against a scripted server.</summary>
public sealed class EtcdCallTests
{
    private static readonly byte[] Response = Frame(new TxnResponse { Succeeded = true }.ToByteArray());

    [Test]
    public async Task A_request_is_sent_once_by_HTTP_2_with_the_token_and_without_waiting_for_a_leader()
    {
        var script = new ScriptedHandler(Response) { Trailers = { ["grpc-status"] = "0" } };
        var put = EtcdTxn.Put(ByteString.CopyFromUtf8("k"), ByteString.CopyFrom(new byte[70_000]));
        var request = new TxnRequest { Success = { put } };
        Assert.That((await CallAsync(script, request)).Succeeded, Is.True);

        Assert.That(script.Calls, Is.EqualTo(1));
        Assert.That(script.Body, Is.EqualTo(Frame(request.ToByteArray())));
        var sent = script.Request!;
        Assert.That(sent.RequestUri, Is.EqualTo(new Uri("http://127.0.0.1:2379/etcdserverpb.KV/Txn")));
        Assert.That(sent.Version, Is.EqualTo(HttpVersion.Version20));
        Assert.That(sent.VersionPolicy, Is.EqualTo(HttpVersionPolicy.RequestVersionExact));
        (string Name, string Value)[] headers = [("hasleader", "true"), ("token", "secret")];
        foreach (var (name, value) in headers)
            Assert.That(sent.Headers.GetValues(name), Is.EqualTo(new[] { value }));
    }

    [Test]
    public async Task The_configured_server_name_is_sent_as_host()
    {
        var script = new ScriptedHandler(Response) { Trailers = { ["grpc-status"] = "0" } };
        await CallAsync(new ServerNameHandler("etcd.test", script), new TxnRequest());
        Assert.That(script.Request!.Headers.Host, Is.EqualTo("etcd.test"));
        Assert.That(script.Request.RequestUri!.Host, Is.EqualTo("127.0.0.1"));
    }

    [Test]
    public async Task A_server_error_keeps_its_message_and_is_not_retried([Values] bool early)
    {
        var script = new ScriptedHandler([]);
        var fields = early ? script.Headers : script.Trailers;
        fields["grpc-status"] = "8";
        fields["grpc-message"] = "etcdserver: mvcc: database%20space exceeded";
        var error = await FailAsync(script);
        Assert.That(error.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));
        Assert.That(error.Status.Detail, Is.EqualTo("etcdserver: mvcc: database space exceeded"));
        Assert.That((EtcdCall.IsUnsent(error), script.Calls), Is.EqualTo((false, 1)));
    }

    [Test]
    public async Task A_call_that_failed_as_unavailable_is_not_retried([Values] bool early)
    {
        var script = new ScriptedHandler(early ? [] : Response);
        (early ? script.Headers : script.Trailers)["grpc-status"] = "14";
        Assert.That((await FailAsync(script)).StatusCode, Is.EqualTo(StatusCode.Unavailable));
        Assert.That(script.Calls, Is.EqualTo(1));
    }

    [TestCase(503, StatusCode.Unavailable)]
    [TestCase(404, StatusCode.Unimplemented)]
    [TestCase(401, StatusCode.Unauthenticated)]
    [TestCase(500, StatusCode.Unknown)]
    public async Task A_response_that_is_not_gRPC_is_mapped_by_its_HTTP_status(int status, StatusCode expected)
    {
        var error = await FailAsync(new ScriptedHandler([]) { Status = (HttpStatusCode)status });
        Assert.That(error.StatusCode, Is.EqualTo(expected));
    }

    [Test]
    public async Task An_invalid_response_body_is_a_storage_fault()
    {
        byte[][] bodies =
        [
            [], Response[..3], Response[..6], [1, .. Response.AsSpan(1)], [0, 255, 255, 255, 255], [0, 1, 0, 0, 1],
            [.. Response, .. Response], Frame([0xff, 0xff, 0xff]),
        ];
        foreach (var body in bodies)
        {
            var error = await FailAsync(new ScriptedHandler(body) { Trailers = { ["grpc-status"] = "0" } });
            Assert.That(
                EtcdErrors.ToStorage(error, changedNothing: false).IsTransient, Is.True, Convert.ToHexString(body));
            Assert.That(EtcdErrors.ChangedNothing(error), Is.False, Convert.ToHexString(body));
        }
    }

    [Test]
    public async Task A_response_without_a_status_is_a_storage_fault()
    {
        var error = await FailAsync(new ScriptedHandler(Response));
        Assert.That(EtcdErrors.ToStorage(error, changedNothing: false).IsTransient, Is.True);
        Assert.That(EtcdErrors.ChangedNothing(error), Is.False);
    }

    [TestCase(HttpRequestError.ConnectionError, true)]
    [TestCase(HttpRequestError.NameResolutionError, true)]
    [TestCase(HttpRequestError.SecureConnectionError, true)]
    [TestCase(HttpRequestError.VersionNegotiationError, true)]
    [TestCase(HttpRequestError.ResponseEnded, false)]
    [TestCase(HttpRequestError.HttpProtocolError, false)]
    [TestCase(HttpRequestError.Unknown, false)]
    public async Task Only_a_connection_that_was_never_established_counts_as_unsent(
        HttpRequestError kind, bool unsent)
    {
        var script = new ScriptedHandler([]) { Throws = new HttpRequestException(kind, "broken") };
        var error = await FailAsync(script);
        Assert.That(script.Calls, Is.EqualTo(1));
        Assert.That((error.StatusCode, EtcdCall.IsUnsent(error)), Is.EqualTo((StatusCode.Unavailable, unsent)));
        var words = unsent ? "cannot be reached" : "broke the connection";
        Assert.That(error.Status.Detail, Is.EqualTo($"http://127.0.0.1:2379/ {words}: broken"));
    }

    [TestCase(0x8, TestName = "A_cancelled_stream_is_a_broken_connection")]
    [TestCase(0xb, TestName = "ENHANCE_YOUR_CALM_is_a_broken_connection")]
    [TestCase(0xc, TestName = "INADEQUATE_SECURITY_is_a_broken_connection")]
    public async Task An_HTTP_2_error_is_a_broken_connection(long code)
    {
        var inner = new HttpProtocolException(code, "reset", null);
        var reset = new HttpRequestException(HttpRequestError.HttpProtocolError, "reset", inner);
        var error = await FailAsync(new ScriptedHandler([]) { Throws = reset });
        Assert.That((error.StatusCode, EtcdCall.IsUnsent(error)), Is.EqualTo((StatusCode.Unavailable, false)));
    }

    [Test]
    public async Task A_connection_broken_during_the_response_counts_as_sent()
    {
        var error =
            await FailAsync(new ScriptedHandler(Response) { Breaks = true, Trailers = { ["grpc-status"] = "0" } });
        Assert.That((error.StatusCode, EtcdCall.IsUnsent(error)), Is.EqualTo((StatusCode.Unavailable, false)));
        Assert.That(error.Status.Detail, Does.Contain("broke the connection"));
    }

    [Test]
    public async Task A_connect_timeout_counts_as_unsent()
    {
        using var full = new FullListener();
        using var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromMilliseconds(200) };
        var error = await FailAsync(handler, $"http://127.0.0.1:{full.Port}");
        Assert.That((error.StatusCode, EtcdCall.IsUnsent(error)), Is.EqualTo((StatusCode.Unavailable, true)));
        Assert.That(error.Status.Detail, Does.Contain("cannot be reached"));
    }

    [Test]
    public async Task A_server_that_hangs_fails_at_the_deadline_with_an_unknown_outcome()
    {
        var error =
            await FailAsync(new ScriptedHandler([]) { Hangs = true }, timeout: TimeSpan.FromMilliseconds(500));
        Assert.That(error.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
        Assert.That(EtcdErrors.ChangedNothing(error), Is.False);
    }

    [Test]
    public async Task A_deadline_exceeded_while_connecting_leaves_the_outcome_unknown()
    {
        using var full = new FullListener();
        using var handler = new SocketsHttpHandler();
        var error = await FailAsync(handler, $"http://127.0.0.1:{full.Port}", TimeSpan.FromMilliseconds(200));
        Assert.That(error.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
        Assert.That(EtcdErrors.ChangedNothing(error), Is.False);
    }

    [Test]
    public async Task A_call_cancelled_by_its_caller_is_cancelled()
    {
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        using var silent = new ScriptedHandler([]) { Hangs = true };
        await Assert.ThatAsync(
            () =>
                CallAsync(silent, new TxnRequest(), timeout: TimeSpan.FromMinutes(1), cancellationToken: cancel.Token),
            Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(cancel.Token));
    }

    [Test]
    public async Task A_call_cancelled_by_the_server_is_a_fault_and_not_a_cancellation()
    {
        var script =
            new ScriptedHandler([]) { Headers = { ["grpc-status"] = "1", ["grpc-message"] = "context canceled" } };
        var error = await FailAsync(script);
        Assert.That(error.StatusCode, Is.EqualTo(StatusCode.Cancelled));
        Assert.That(EtcdErrors.ToStorage(error, changedNothing: false).IsTransient, Is.True);
    }

    private static byte[] Frame(byte[] message) =>
        [0, 0, (byte)(message.Length >> 16), (byte)(message.Length >> 8), (byte)message.Length, .. message];

    private static async Task<TxnResponse> CallAsync(
        HttpMessageHandler handler,
        TxnRequest request,
        string endpoint = "http://127.0.0.1:2379",
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        using var members = new EtcdMembers([new Uri(endpoint)], handler);
        return await EtcdCall.MakeAsync(
            static (member, txn, options) => member.Kv.TxnAsync(txn, options),
            members.Current,
            request,
            "secret",
            timeout ?? TimeSpan.FromSeconds(30),
            TimeProvider.System,
            cancellationToken);
    }

    private static async Task<RpcException> FailAsync(
        HttpMessageHandler handler, string endpoint = "http://127.0.0.1:2379", TimeSpan? timeout = null)
    {
        try
        {
            await CallAsync(handler, new TxnRequest(), endpoint, timeout);
        }
        catch (RpcException exception)
        {
            return exception;
        }

        throw new AssertionException("The call succeeded.");
    }

    private sealed class ScriptedHandler(byte[] body) : HttpMessageHandler
    {
        public Dictionary<string, string> Headers { get; } = [];

        public Dictionary<string, string> Trailers { get; } = [];

        public HttpStatusCode Status { get; init; } = HttpStatusCode.OK;

        public Exception? Throws { get; init; }

        public bool Hangs { get; init; }

        /// <summary>Whether the connection breaks after the response headers.</summary>
        public bool Breaks { get; init; }

        public int Calls { get; private set; }

        public HttpRequestMessage? Request { get; private set; }

        public byte[] Body { get; private set; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Calls++;
            Request = request;
            Body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            if (Hangs)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            if (Throws is not null)
                throw Throws;
            HttpContent content = Breaks ? new BrokenContent() : new ByteArrayContent(body);
            content.Headers.ContentType = new("application/grpc");
            var response = new HttpResponseMessage(Status) { Version = HttpVersion.Version20, Content = content };
            foreach (var (name, value) in Headers)
                response.Headers.TryAddWithoutValidation(name, value);
            foreach (var (name, value) in Trailers)
                response.TrailingHeaders.TryAddWithoutValidation(name, value);
            return response;
        }
    }

    private sealed class BrokenContent : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            Task.FromException(new HttpIOException(HttpRequestError.ResponseEnded, "ended"));

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
