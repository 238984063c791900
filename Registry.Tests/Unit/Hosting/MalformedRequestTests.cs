using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Registry.Api.Hosting;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Hosting;

/// <summary>What is logged of requests that the web server rejects.</summary>
public sealed class MalformedRequestTests
{
    [TestCase(false, 1)]
    [TestCase(true, 0, Description = "the client stops sending when it has the response, as curl does after an error")]
    public void A_request_that_has_its_response_is_not_called_malformed(bool isAnswered, int lines)
    {
        using var log = new LogRecorder();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(log));
        using var requests = new MalformedRequests(factory.CreateLogger<MalformedRequests>());
        var features = new FeatureCollection();
        features.Set<IBadRequestExceptionFeature>(
            new Rejection(new BadHttpRequestException("Unexpected end of request content.")));
        features.Set<IHttpResponseFeature>(new Response(isAnswered));
        requests.OnNext(new("Microsoft.AspNetCore.Server.Kestrel.BadRequest", features));
        Assert.That(log.Entries, Has.Count.EqualTo(lines));
    }

    private sealed record Rejection(Exception? Error) : IBadRequestExceptionFeature;

    private sealed class Response(bool hasStarted) : HttpResponseFeature
    {
        public override bool HasStarted => hasStarted;
    }
}
