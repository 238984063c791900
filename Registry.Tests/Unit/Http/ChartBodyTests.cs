using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using Registry.Api.Helm;
using Registry.Core.Errors;

namespace Registry.Tests.Unit.Http;

[Parallelizable(ParallelScope.All)]
public sealed class ChartBodyTests
{
    [Test]
    public void A_form_whose_connection_is_reset_is_not_malformed() =>
        Assert.That(() => ReadAsync(new ConnectionResetException("")), Throws.TypeOf<ConnectionResetException>());

    [Test]
    public void A_form_that_ends_early_is_malformed() =>
        Assert.That(
            () => ReadAsync(fault: null),
            Throws.TypeOf<RegistryException>().With.Property(nameof(RegistryException.Code))
                .EqualTo(ErrorCode.InvalidUsage));

    private static async Task ReadAsync(Exception? fault)
    {
        var body = new Pipe();
        await body.Writer.WriteAsync("--x\r\nContent-Disposition: form-data; name=prov\r\n\r\nfirst"u8.ToArray());
        await body.Writer.CompleteAsync(fault);
        var context = new DefaultHttpContext
        {
            Request = { ContentType = "multipart/form-data; boundary=x", Body = body.Reader.AsStream() },
        };
        await using var read = await ChartBody.ReadProvenanceAsync(context.Request, CancellationToken.None);
    }
}
