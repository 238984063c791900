using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace Registry.Api.Hosting;

/// <summary>
/// Logs requests that the web server rejects because they are not valid HTTP, such as a target with raw UTF-8; no
/// middleware sees them. One line each, without the target, whose query may contain a password.
/// </summary>
internal sealed partial class MalformedRequests(ILogger<MalformedRequests> logger)
    : IObserver<KeyValuePair<string, object?>>, IDisposable
{
    /// <summary>Kestrel's name of the event.</summary>
    private const string BadRequest = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    private IDisposable? subscription;

    /// <summary>Starts logging, until disposed.</summary>
    /// <param name="server">The source of the web server's events.</param>
    public void Observe(DiagnosticListener server) =>
        subscription = server.Subscribe(this, static name => name == BadRequest);

    /// <inheritdoc/>
    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is IFeatureCollection features
            && features.Get<IBadRequestExceptionFeature>()?.Error is BadHttpRequestException refusal
            // A client that has an error response often does not send the rest of the body.
            && features.Get<IHttpResponseFeature>() is not { HasStarted: true })
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
        Level = LogLevel.Information, Message = "Malformed request from {Client} rejected with {Status}: {Reason}")]
    private partial void LogRefused(IPAddress? client, int status, string reason);
}
