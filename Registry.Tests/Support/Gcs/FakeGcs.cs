using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.Support.Gcs;

/// <summary>
/// The JSON API of Google Cloud Storage on a free loopback port, as far as the registry may use it: other requests
/// fail. Generations, preconditions, both kinds of uploads, ranges and pages behave as in the service. A test may make
/// any request fail.
/// </summary>
internal sealed class FakeGcs : IBackendServer
{
    public const string BucketName = "registry-test";

    private readonly TemporaryFolder folder = new();
    private readonly ConcurrentDictionary<string, FakeGcsBucket> buckets = new();
    private readonly ConcurrentDictionary<FakeGcsOperation, int> counts = new();
    private readonly WebApplication app;
    private int underWay;

    private FakeGcs()
    {
        buckets[BucketName] = new FakeGcsBucket(BucketName, TimeProvider.System);
        Uploads = new FakeGcsUploads(folder.Path, () => Address);
        Copies = new FakeGcsCopies(folder.Path);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
        });
        app = builder.Build();
        app.Run(ServeAsync);
    }

    public Uri Address { get; private set; } = null!;

    public FakeGcsUploads Uploads { get; }

    public FakeGcsCopies Copies { get; }

    public FakeGcsBucket Bucket => buckets[BucketName];

    /// <summary>Selects the fault of each request; null for none.</summary>
    public Func<FakeGcsCall, FakeGcsFault?>? Faults { get; set; }

    /// <summary>The access token that requests require; null for none.</summary>
    public string? Token { get; set; }

    /// <summary>Returns the response to a token request; null for one with the valid token.</summary>
    public Func<FakeGcsResponse>? TokenResponse { get; set; }

    /// <summary>The delay added to every response.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>The highest number of concurrent requests so far.</summary>
    public int MaxConcurrency { get; private set; }

    /// <summary>All requests in order of arrival.</summary>
    public ConcurrentQueue<FakeGcsCall> Calls { get; } = new();

    public static async Task<FakeGcs> StartAsync()
    {
        var fake = new FakeGcs();
        await fake.app.StartAsync();
        fake.Address = new Uri(
            fake.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return fake;
    }

    /// <summary>Makes the next requests of an operation fail.</summary>
    public void Fail(FakeGcsOperation operation, FakeGcsFault fault, int times = 1)
    {
        var left = times;
        Faults = call => call.Operation == operation && Interlocked.Decrement(ref left) >= 0 ? fault : null;
    }

    public string[] NewStorage(string name) =>
    [
        "--STORAGE=gcs",
        $"--STORAGE_EMULATOR_HOST={Address.Authority}",
        $"--Gcs:Bucket={BucketName}",
        $"--Gcs:Prefix={name}",
        $"--Gcs:StagingFolder={folder.Below($"staging-{name}")}",
    ];

    public void RemoveBucket() => buckets.TryRemove(BucketName, out _);

    public int CountOf(FakeGcsOperation operation) => counts.GetValueOrDefault(operation);

    public async ValueTask DisposeAsync()
    {
        using (var now = new CancellationTokenSource())
        {
            // Do not wait for requests that hang on purpose.
            await now.CancelAsync();
            await app.StopAsync(now.Token);
        }

        await app.DisposeAsync();

        // Aborted requests may still write to the folder for a moment.
        for (var i = 0; i < 1000 && IsBusy(); i++)
            await Task.Delay(10);
        folder.Dispose();
    }

    private bool IsBusy()
    {
        lock (counts)
            return underWay > 0;
    }

    private async Task ServeAsync(HttpContext context)
    {
        lock (counts)
            MaxConcurrency = Math.Max(MaxConcurrency, ++underWay);
        try
        {
            if (Latency > TimeSpan.Zero)
                await Task.Delay(Latency, context.RequestAborted);
            await RespondAsync(context);
        }
        finally
        {
            lock (counts)
                underWay--;
        }
    }

    private async Task RespondAsync(HttpContext context)
    {
        var request = new FakeGcsRequest(context);
        var operation = request.Operation;
        var call = new FakeGcsCall(operation, request.Name, counts.AddOrUpdate(operation, 1, (_, count) => count + 1));
        Calls.Enqueue(call);
        var fault = Faults?.Invoke(call);
        if (fault?.Hangs == true)
            await UntilGoneAsync(context);

        FakeGcsResponse? response = null;
        if (fault is null or { Applies: true })
        {
            try
            {
                response = Refuse(request, operation) ?? await RespondAsync(request, operation, fault);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // The client has disconnected, or the test has cut the connection.
                context.Abort();
                return;
            }
        }

        if (fault?.Closes == true)
            await CloseAsync(context);
        if (fault is { Resets: true } or { Closes: true } or { Hangs: true })
        {
            context.Abort();
            return;
        }

        if (fault?.Status is { } status)
            response = fault.IsPage
                ? FakeGcsResponse.Page(status)
                : FakeGcsResponse.Error(status, fault.Reason, "An injected fault.");
        await SendAsync(context, response!, fault);
    }

    /// <summary>
    /// Ends the connection without a reset, which Kestrel would send, and waits until the client has closed it too.
    /// </summary>
    private static async Task CloseAsync(HttpContext context)
    {
        context.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket.Shutdown(SocketShutdown.Send);
        await UntilGoneAsync(context);
    }

    private static async Task UntilGoneAsync(HttpContext context)
    {
        var gone = new TaskCompletionSource();
        await using var registration = context.RequestAborted.Register(gone.SetResult);
        await gone.Task;
    }

    private FakeGcsResponse? Refuse(FakeGcsRequest request, FakeGcsOperation operation) =>
        Token is null
        || operation is FakeGcsOperation.Token or FakeGcsOperation.Metadata
        || request.Context.Request.Headers.Authorization == $"Bearer {Token}"
            ? null
            : FakeGcsResponse.Error(401, "authError", "Invalid Credentials");

    private async Task<FakeGcsResponse> RespondAsync(
        FakeGcsRequest request, FakeGcsOperation operation, FakeGcsFault? fault)
    {
        switch (operation)
        {
            case FakeGcsOperation.Token:
                return TokenResponse?.Invoke()
                    ?? FakeGcsResponse.Json(
                        new JsonObject { ["access_token"] = Token, ["expires_in"] = 3600, ["token_type"] = "Bearer" });
            case FakeGcsOperation.Metadata:
                return FakeGcsResponse.Metadata(request.Path, Token);
            case FakeGcsOperation.PutChunk or FakeGcsOperation.QuerySession:
                return await Uploads.ContinueAsync(request, fault);
            case FakeGcsOperation.CancelSession:
                return Uploads.Cancel(request);
        }

        if (!buckets.TryGetValue(request.Path[request.Path[0] == "upload" ? 4 : 3], out var bucket))
            return operation == FakeGcsOperation.GetMedia
                ? FakeGcsResponse.NoBucket.AsText()
                : FakeGcsResponse.NoBucket;
        return operation switch
        {
            FakeGcsOperation.GetBucket => bucket.Describe(),
            FakeGcsOperation.List => bucket.List(request),
            FakeGcsOperation.GetObject => bucket.Get(request),
            FakeGcsOperation.GetMedia => bucket.GetMedia(request),
            FakeGcsOperation.Delete => bucket.Delete(request),
            FakeGcsOperation.Patch => bucket.Patch(request, await request.ReadJsonAsync()),
            FakeGcsOperation.Rewrite => await Copies.RewriteAsync(bucket, request),
            FakeGcsOperation.Insert => await Uploads.InsertAsync(bucket, request, fault?.RequestBytes),
            FakeGcsOperation.StartSession => await Uploads.StartAsync(bucket, request),
            _ => throw new InvalidOperationException($"{operation}"),
        };
    }

    private static async Task SendAsync(HttpContext context, FakeGcsResponse response, FakeGcsFault? fault)
    {
        var sent = context.Response;
        sent.StatusCode = response.Status;
        foreach (var (name, value) in response.Headers)
            sent.Headers[name] = value;
        if (fault?.RetryAfter is { } seconds)
            sent.Headers.RetryAfter = seconds;
        if (response.Status is 204 or 304)
            return;
        if (response.Media is not { } media)
        {
            sent.ContentType = response.ContentType;
            sent.ContentLength = response.Body.Length;
            await sent.Body.WriteAsync(
                response.Body.AsMemory(0, Math.Min(response.Body.Length, fault?.ResponseBytes ?? int.MaxValue)));
            await sent.Body.FlushAsync(context.RequestAborted);
            return;
        }

        sent.ContentType = response.ContentType;
        sent.ContentLength = response.Length;
        media.Position = response.From;
        var buffer = new byte[64 * 1024];
        for (long left = Math.Min(response.Length, fault?.ResponseBytes ?? long.MaxValue); left > 0;)
        {
            var read = await media.ReadAsync(
                buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), context.RequestAborted);
            if (fault?.Corrupts == true)
                buffer[0] ^= 1;
            await sent.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            left -= read;
        }

        // After fewer bytes than announced, the server closes the connection gracefully: a reset could overtake bytes
        // that were sent.
        if (fault?.ResponseBytes < response.Length)
            await sent.Body.FlushAsync(context.RequestAborted);
        if (fault?.Stalls == true)
            await UntilGoneAsync(context);
    }
}
