namespace Registry.Api.Hosting;

/// <summary>
/// A request that nobody made, while the port is being opened: routes are sorted and what every request runs through is compiled by then, on a processor
/// that would be idle, and the first client does not wait for it. It asks for the version, which touches no storage, and is in no log.
/// </summary>
internal static class Rehearsal
{
    /// <summary>Puts routing and the endpoints together, without the log and all else that stands before them.</summary>
    /// <param name="app">With everything mapped, and not started: what is put together is shared with its start.</param>
    /// <returns>What holds the rehearsal.</returns>
    public static Func<Task> Of(WebApplication app)
    {
        var stage = new ApplicationBuilder(app.Services);
        stage.UseRouting();
        stage.UseEndpoints(routes =>
        {
            foreach (var source in ((IEndpointRouteBuilder)app).DataSources)
                routes.DataSources.Add(source);
        });
        var pipeline = stage.Build();
        return () => RunAsync(pipeline, app.Services);
    }

    private static async Task RunAsync(RequestDelegate pipeline, IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        var request = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
        request.Request.Method = HttpMethods.Get;
        request.Request.Path = "/version";
        await pipeline(request);
    }
}
