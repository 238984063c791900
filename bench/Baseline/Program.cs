using Registry.Bench.Baseline;

// The best that ASP.NET Core achieves on this machine: controllers without a registry behind them. It logs only its
// address.
var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
builder.WebHost.ConfigureKestrel(
    kestrel => (kestrel.AddServerHeader, kestrel.Limits.MaxRequestBodySize) = (false, null));
builder.Services.AddSingleton(
    new Folders(builder.Configuration["files"] ?? ".", builder.Configuration["pushed"] ?? "."));
builder.Services.AddControllers()
    .ConfigureApplicationPartManager(parts => parts.FeatureProviders.Add(new InternalControllers()));
var app = builder.Build();
app.MapControllers();
await app.RunAsync();
