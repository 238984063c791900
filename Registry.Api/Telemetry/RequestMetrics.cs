using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http.Features;
using Registry.Api.Http;
using Registry.Api.Http.Transfers;

namespace Registry.Api.Telemetry;

/// <summary>
/// Request metrics that the web server does not provide. They are summed by protocol and read only when metrics are
/// collected, because a measurement for each request would cost more.
/// </summary>
internal sealed class RequestMetrics
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Registry.Http";

    /// <summary>The name of the tag with <see cref="ApiProtocol.Name"/>.</summary>
    public const string ProtocolTag = "registry.protocol";

    /// <summary>By the names of protocols: the two base paths of CNR share one.</summary>
    private readonly FrozenDictionary<string, Sums> sums;
    private readonly ObservableCounter<long> bytes;

    public RequestMetrics(IMeterFactory meters, ApiProtocols protocols)
    {
        sums = protocols.All.Select(static protocol => protocol.Name)
            .Distinct()
            .ToFrozenDictionary(static name => name, static name => new Sums(name));
        var meter = meters.Create(MeterName);
        bytes = meter.CreateObservableCounter(
            "registry.http.io",
            () => sums.Values.SelectMany(static sum => sum.Bytes),
            "By",
            "Bytes of request and response bodies.");
        meter.CreateObservableCounter(
            "registry.http.pulls",
            () => sums.Values.Select(static sum => sum.Pulls),
            "{pull}",
            "Packages, manifests and archives that were sent to a client.");
        meter.CreateObservableCounter(
            "registry.http.aborted_transfers",
            () => sums.Values.SelectMany(static sum => sum.Aborted),
            "{transfer}",
            "Transfers that the registry aborted.");
    }

    /// <summary>Whether anything listens.</summary>
    public bool IsEnabled => bytes.Enabled;

    /// <summary>Records a request that has ended.</summary>
    public void Record(HttpContext context)
    {
        var transfer = RequestTransfer.Of(context);
        var sum = sums[ApiProtocol.Of(context).Name];
        context.Features.Get<IHttpMetricsTagsFeature>()?.Tags.Add(sum.Tag);
        sum.Add(transfer);
        if (IsPull(context) && !transfer.Response.IsAborted)
            sum.AddPull();
    }

    private static bool IsPull(HttpContext context) =>
        context.Response.StatusCode is StatusCodes.Status200OK or StatusCodes.Status206PartialContent
        && HttpMethods.IsGet(context.Request.Method)
        && context.GetEndpoint()?.Metadata.GetMetadata<PullAttribute>() is not null;

    /// <summary>The sums of one protocol.</summary>
    private sealed class Sums(string protocol)
    {
        private long received;
        private long sent;
        private long pulls;
        private long stalled;
        private long memory;
        private long failed;

        public KeyValuePair<string, object?> Tag { get; } = new(ProtocolTag, protocol);

        public Measurement<long> Pulls => new(Interlocked.Read(ref pulls), Tag);

        public IEnumerable<Measurement<long>> Bytes =>
        [
            new(Interlocked.Read(ref received), Tag, new("network.io.direction", "receive")),
            new(Interlocked.Read(ref sent), Tag, new("network.io.direction", "transmit")),
        ];

        public IEnumerable<Measurement<long>> Aborted =>
        [
            new(Interlocked.Read(ref stalled), Tag, new("reason", "stalled")),
            new(Interlocked.Read(ref memory), Tag, new("reason", "memory")),
            new(Interlocked.Read(ref failed), Tag, new("reason", "failed")),
        ];

        public void Add(RequestTransfer transfer)
        {
            if (transfer.ReceivedBytes > 0)
                Interlocked.Add(ref received, transfer.ReceivedBytes);
            if (transfer.Response.Bytes is > 0 and var bytes)
                Interlocked.Add(ref sent, bytes);
            if (transfer.AbortReason is not null)
                Interlocked.Increment(ref transfer.IsAbortedForMemory ? ref memory : ref stalled);
            else if (transfer.HasFailed)
                Interlocked.Increment(ref failed);
        }

        public void AddPull() => Interlocked.Increment(ref pulls);
    }
}

/// <summary>Records every request when it ends.</summary>
internal sealed class RequestMetricsMiddleware(RequestDelegate next, RequestMetrics metrics)
{
    /// <summary>Handles one request, within <see cref="TransferWatchMiddleware"/>.</summary>
    public Task InvokeAsync(HttpContext context) => metrics.IsEnabled ? MeasureAsync(context) : next(context);

    private async Task MeasureAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        finally
        {
            metrics.Record(context);
        }
    }
}
