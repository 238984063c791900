using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace Registry.Api.Hosting;

/// <summary>
/// Logs the requests that the web server refuses because they are not HTTP, such as a target with raw UTF-8 in it: no
/// middleware sees these. One line each, without the target, whose query may hold a password.
/// </summary>
internal sealed partial class MalformedRequests(ILogger<MalformedRequests> logger)
    : IObserver<KeyValuePair<string, object?>>, IDisposable
{
    /// <summary>What Kestrel calls the event.</summary>
    private const string BadRequest = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    private IDisposable? subscription;

    /// <summary>Begins to log, until disposed.</summary>
    /// <param name="server">Where the web server tells of its events.</param>
    public void Observe(DiagnosticListener server) =>
        subscription = server.Subscribe(this, static name => name == BadRequest);

    /// <inheritdoc/>
    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is IFeatureCollection features
            && features.Get<IBadRequestExceptionFeature>()?.Error is BadHttpRequestException refusal)
            LogRefused(features.Get<IHttpConnectionFeature>()?.RemoteIpAddress, refusal.StatusCode, refusal.Message);
    }

    /// <inheritdoc/>
    public void OnCompleted()
    {
    }

    /// <inheritdoc/>
    public void OnError(Exception error)
    {
    }

    /// <inheritdoc/>
    public void Dispose() => subscription?.Dispose();

    [LoggerMessage(
        Level = LogLevel.Information, Message = "A malformed request from {Client} was refused with {Status}: "
            + "{Reason}")]
    private partial void LogRefused(IPAddress? client, int status, string reason);
}
